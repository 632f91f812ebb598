// Made by tests/fixtures/service-schema/make.ts from service.schema.json; change that and run it.
/**
 * The service configuration: the JSON body of CreateService, as the console shows it and users paste
 * it. Names are the vendor's own. Units are in the comments: memory is MB, GPU memory GB, times as
 * stated. A key whose value is null is read as absent.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/parameters-of-model-services.
 */
export interface ServiceConfig {
  /** Tells editors which schema the file has; the service makes nothing of it. */
  $schema?: string;
  /**
   * Unique in a region: `a-z`, `0-9`, `_`, starting with a letter. The vendor's examples write
   * `metadata.name`.
   */
  name?: string;
  /** Access token of the service; made by the server when absent. */
  token?: string;
  /** Service tags. */
  labels?: Record<string, string>;
  /**
   * `oss://` file or folder, or the address of an archive (`.tar.gz`, `.tar`, `.bz2`, `.zip`). Processor
   * services only.
   */
  model_path?: string;
  /** OSS endpoint of `model_path`, when the bucket is in another region. */
  oss_endpoint?: string;
  /**
   * Main file of the model, passed to the processor's initializer; the name in `model_path` when absent.
   */
  model_entry?: string;
  /** Passed to the processor's initializer as it is; some processors take an object. */
  model_config?: string | Record<string, unknown>;
  /** Code of a built-in processor, such as `xgboost`, `pmml`, `tensorflow_cpu_2.7`. */
  processor?: string;
  /** Archive of a custom processor: an `oss://` or http(s) address. */
  processor_path?: string;
  /** Main file of a custom processor in C++ or Python. */
  processor_entry?: string;
  /** Main class of a custom Java processor. */
  processor_mainclass?: string;
  /** Language of a custom processor. */
  processor_type?: "cpp" | "java" | "python" | "";
  /** Environment variables of a processor. */
  processor_envs?: EnvironmentVariable[];
  /** File of recorded requests, sent before the service takes traffic. */
  warm_up_data_path?: string;
  /** Base64 of `user:password` for a private image registry. */
  dockerAuth?: string;
  /** Containers of an image service; the first takes the requests. */
  containers?: Container[];
  /** Folders mounted into the instances. */
  storage?: StorageEntry[];
  /** Resources, scaling and RPC settings of the service. */
  metadata?: Metadata;
  /** Another place for `metadata.rpc`. */
  rpc?: Rpc;
  /** Instance types and network of public resources. */
  cloud?: Cloud;
  /** Horizontal autoscaling. */
  autoscaler?: Autoscaler;
  /** Queue of an asynchronous service. */
  queue?: ServiceQueue;
  /**
   * Feature switches; their names contain dots and slashes: `eas.aliyun.com/extra-ephemeral-storage`,
   * `eas.aliyun.com/gpu-driver-version`.
   */
  features?: Record<string, string | number | boolean>;
  /** How the service is reached. */
  networking?: Networking;
  /** Behaviour of the runtime. */
  runtime?: {
    /** Keeps a crashed instance for inspection. Default: false. */
    enable_crash_block?: boolean;
    /** Another place for `metadata.eas.termination_grace_period`, in seconds. */
    termination_grace_period?: number;
  };
  /** Machines of one instance. */
  unit?: {
    /** How many. Default: 2. */
    size?: number;
  };
  /** Stores requests and responses. */
  sinker?: Sinker;
  /** Confidential computing. */
  confidential?: {
    /** Address of the trustee service. */
    trustee_endpoint?: string;
    /** KBS address of the decryption key, such as `kbs:///default/key/test-key`. */
    decryption_key?: string;
  };
  /** Switches of the console. */
  options?: {
    /** Gives the instances the credentials of a RAM role. Default: false. */
    enable_ram_role?: boolean;
    /** Caches what is read from mounted storage. */
    enable_cache?: boolean;
  };
  /** Compute checks and fault tolerance. */
  aimaster?: Record<string, unknown>;
}

/** An environment variable. */
export interface EnvironmentVariable {
  /** Its name. */
  name: string;
  /** Its value, always a text. */
  value: string;
}

/**
 * A check of a container by exactly one of `http_get`, `tcp_socket` and `exec`. Source:
 * https://www.alibabacloud.com/help/en/pai/user-guide/advanced-configuration-health-check.
 */
export interface HealthCheck {
  /** A GET request whose status is 200 to 399. */
  http_get?: {
    /** Path of the request. */
    path?: string;
    /** Port; the container's when absent. */
    port?: number;
    /** Scheme. */
    scheme?: "HTTP" | "HTTPS";
  };
  /** A connection that opens. */
  tcp_socket?: {
    /** Port; the container's when absent. */
    port?: number;
  };
  /** A command that ends with 0. */
  exec?: {
    /** The command and its arguments. */
    command?: string[];
  };
  /** Seconds before the first check. */
  initial_delay_seconds?: number;
  /** Seconds between checks. Default: 10. */
  period_seconds?: number;
  /** Seconds that a check may take. Default: 1. */
  timeout_seconds?: number;
  /** Successes in a row that make up for a failure. Default: 1. */
  success_threshold?: number;
  /** Failures in a row that count. Default: 3. */
  failure_threshold?: number;
}

/** A container of an image service. */
export interface Container {
  /** Image address. */
  image: string;
  /** Port that the server in the container listens on; 8080 and 9090 belong to EAS. */
  port?: number;
  /** Shell text that starts the server. */
  script?: string;
  /** A single command that starts the server; it can't hold `cd x && y`. */
  command?: string;
  /** Arguments of `command`. */
  args?: string[];
  /** Environment variables. */
  env?: EnvironmentVariable[];
  /** What is installed before the server starts. */
  prepare?: {
    /** Python requirements, as in a requirements file. */
    pythonRequirements?: string[];
    /** A requirements file inside the container. */
    pythonRequirementsPath?: string;
  };
  /** Readiness check: an instance gets requests while it succeeds; a TCP check when absent. */
  health_check?: HealthCheck;
  /** Startup check: the other checks wait until it succeeds. */
  startup_check?: HealthCheck;
  /** Liveness check: a container is restarted when it fails. */
  liveness_check?: HealthCheck;
  /** Another name of `health_check`. */
  readiness_check?: HealthCheck;
  /** What the container gets of its instance. */
  resources?: Record<string, unknown>;
}

/**
 * A folder mounted into the instances: one of `oss`, `nfs`, `git`, `image`, `empty_dir`, `dataset`,
 * `cache`. Source: https://www.alibabacloud.com/help/en/pai/user-guide/mount-storage-to-services.
 */
export interface StorageEntry {
  /** Where the folder appears. */
  mount_path?: string;
  /** An OSS folder. */
  oss?: {
    /** `oss://bucket/folder/`. */
    path: string;
    /** Endpoint, when the bucket is in another region. */
    endpoint?: string;
    /** Mounts read-only. Default: false. */
    readOnly?: boolean;
  };
  /** An NFS export: General-purpose or Extreme NAS, or CPFS. */
  nfs?: {
    /** Host name of the file system's mount target. */
    server: string;
    /** Exported path. */
    path: string;
    /** Mounts read-only. Default: false. */
    readOnly?: boolean;
    /** Resource group of the file system. */
    resourceGroup?: string;
  };
  /** A git repository, pulled when an instance starts, read-only. */
  git?: {
    /** `https` address. */
    repo: string;
    /** Branch. Default: `master`. */
    branch?: string;
    /** Commit to check out. */
    commit?: string;
    /** User name. */
    username?: string;
    /** Password or token. */
    password?: string;
  };
  /** Files out of an image, copied when an instance starts. */
  image?: {
    /** Image address. */
    image: string;
    /** Path in the image. */
    path: string;
  };
  /** A folder of the instance itself. */
  empty_dir?: {
    /** `memory` for shared memory. */
    medium?: "memory";
    /** In GB. */
    size_limit?: number;
  };
  /** A dataset of the workspace. */
  dataset?: {
    /** Its ID, `d-…`. */
    id: string;
    /** Its version, such as `v1`. */
    version?: string;
    /** Mounts read-only. Default: true. */
    read_only?: boolean;
  };
  /** A cache of a folder that another entry mounts. */
  cache?: {
    /** Where that folder appears. */
    path: string;
    /** Size, such as `200G`. */
    capacity?: string;
  };
  /** Hints for the console. */
  properties?: {
    /** `model`, `code`, … */
    resource_type?: string;
    /** `base`, … */
    resource_use?: string;
  };
}

/** Request handling of an instance. */
export interface Rpc {
  /** Longest processing time of a request in milliseconds; 408 beyond it. */
  keepalive?: number;
  /** Threads for the network. Default: 4. */
  io_threads?: number;
  /** Requests at a time. Default: 5. */
  worker_threads?: number;
  /** Requests that may wait; 450 beyond it. Default: 64. */
  max_queue_size?: number;
  /** Joins requests into batches. Processor services only. Default: false. */
  batching?: boolean;
  /** Requests of a batch. Default: 16. */
  max_batch_size?: number;
  /** Longest wait for a full batch, in milliseconds. Default: 50. */
  max_batch_timeout?: number;
  /** Requests a second; 429 beyond it; 0 for no limit. Default: 0. */
  rate_limit?: number;
  /** Sends SIGTERM before an instance is stopped. Default: false. */
  enable_sigterm?: boolean;
  /** 1 to allocate memory with jemalloc. */
  enable_jemalloc?: number | boolean;
  /** Path that the async proxy forwards to. */
  proxy_path?: string;
  /** Request compression that the service expects. */
  decompressor?: string;
}

/** Resources, scaling and RPC settings. */
export interface Metadata {
  /** Another place for the name. */
  name?: string;
  /** Number of instances. */
  instance?: number;
  /** Workspace the service belongs to. */
  workspace_id?: string;
  /** Who of the workspace sees the service: `public` or `private`. */
  accessibility?: string;
  /** CPU cores of an instance. */
  cpu?: number;
  /** Memory of an instance, in MB. */
  memory?: number;
  /** GPUs of an instance. */
  gpu?: number;
  /** Memory of a shared GPU, in GB. */
  gpu_memory?: number;
  /** Share of a GPU's computing power, in percent; needs `gpu_memory`. */
  gpu_core_percentage?: number;
  /** `BestEffort` shares the CPUs of a node among all its instances. */
  qos?: "" | "BestEffort" | "Guaranteed";
  /** Dedicated resource group, `eas-r-…`. */
  resource?: string;
  /** Quota of Lingjun or general computing resources, `quota…`. */
  quota_id?: string;
  /** Kind of that quota. */
  quota_type?: string;
  /** CUDA version, mounted at `/usr/local/cuda`: 8.0 to 11.2. */
  cuda?: string;
  /** 1 for an RDMA network; Lingjun resources only. */
  rdma?: number;
  /** Routes gRPC instead of HTTP. Default: false. */
  enable_grpc?: boolean;
  /** Serves a web page. Default: false. */
  enable_webservice?: boolean;
  /** `Async`, `Standard`, `LLMGatewayService`, … */
  type?: string;
  /** Shared memory, in GB. */
  shm_size?: number;
  /** System disk, such as `40Gi`, or in GiB; 30 are free, 2000 the most. */
  disk?: string | number;
  /** Another place for `networking.gateway`. */
  gateway?: string;
  /** `elasticjob` for a job instead of a service. */
  workload_type?: string;
  /** Moves instances to resources that come first when those are free. Default: false. */
  resource_rebalancing?: boolean;
  /** Lets instances of a dedicated group spill over to public resources. Default: false. */
  resource_burstable?: boolean;
  /** Service group that the service joins. */
  group?: string;
  /** Rolling update. */
  rolling_strategy?: {
    /** Instances above the number wanted: a count, or a share such as `2%`. Default: `2%`. */
    max_surge?: number | string;
    /** Instances that may be missing: a count, or a share such as `2%`. */
    max_unavailable?: number | string;
  };
  /** Placement. */
  scheduling?: {
    /** Spread of instances. */
    spread?: {
      /** Over nodes, over zones, or not at all. */
      policy?: "host" | "zone" | "default";
    };
  };
  /** The other way to write `eas.termination_grace_period`. */
  eas?: {
    /** Seconds between the stop signal and the kill. Default: 30. */
    termination_grace_period?: number;
  };
  /**
   * Seconds between the stop signal and the kill; the vendor writes the dots in the key. Default: 30.
   */
  "eas.termination_grace_period"?: number;
  /** Request handling. */
  rpc?: Rpc;
}

/** Public resources. */
export interface Cloud {
  /** Machines. */
  computing?: {
    /** One instance type, such as `ecs.c6.xlarge`. */
    instance_type?: string;
    /** Instance types, tried in order. */
    instances?: Array<{
      /** Instance type, or `dedicated_resource`. */
      type: string;
      /** Makes it a spot instance: the most to pay for an hour, in the currency of the bill. */
      spot_price_limit?: number;
      /** Most instances of this type: a count, or a share such as `20%`. */
      capacity?: number | string;
    }>;
    /** Gives up the protected hour of spot instances. Default: false. */
    disable_spot_protection_period?: boolean;
  };
  /** Network that the instances join. */
  networking?: {
    /** VPC. */
    vpc_id?: string;
    /** Switch, or several with commas between. */
    vswitch_id?: string;
    /** Security group. */
    security_group_id?: string;
  };
}

/**
 * Horizontal autoscaling. Source:
 * https://www.alibabacloud.com/help/en/pai/user-guide/enable-or-disable-the-horizontal-auto-scaling-feature.
 */
export interface Autoscaler {
  /** Fewest instances. */
  min?: number;
  /** Most instances. */
  max?: number;
  /** Targets, such as `{ "qps": 10 }`. */
  strategies?: Record<string, number>;
  /** Targets as the API names them. */
  scaleStrategies?: Array<{
    /** `qps`, `cpu`, `gpu[util]`, `memory`, … */
    metricName: string;
    /** Value that an instance should have. */
    threshold: number;
    /** Service whose metric counts; this one when absent. */
    service?: string;
  }>;
  /** How fast it scales. */
  behavior?: {
    /** Growing. */
    scaleUp?: {
      /** Seconds that it waits. Default: 0. */
      stabilizationWindowSeconds?: number;
    };
    /** Shrinking. */
    scaleDown?: {
      /** Seconds that it waits. Default: 300. */
      stabilizationWindowSeconds?: number;
    };
    /** Down to no instance and up from there. */
    onZero?: {
      /** Seconds without a request before. Default: 600. */
      scaleDownGracePeriodSeconds?: number;
      /** Instances to begin with. Default: 1. */
      scaleUpActivationReplicas?: number;
    };
  };
}

/**
 * Queue of an asynchronous service. Source:
 * https://www.alibabacloud.com/help/en/pai/user-guide/queue-service-and-asynchronous-inference.
 */
export interface ServiceQueue {
  /** CPU cores of its instance. */
  cpu?: number;
  /** Memory of its instance, in MB. */
  memory?: number;
  /** Dedicated resource group; public resources when absent. */
  resource?: string;
  /** Its instances. Default: 1. */
  min_replica?: number;
  /** Times that a request is tried; 0 for no limit. */
  max_delivery?: number;
  /** Input queue. */
  source?: Record<string, unknown>;
  /** Output queue. */
  sink?: Record<string, unknown>;
}

/** How the service is reached. */
export interface Networking {
  /** Dedicated gateway, `gw-…`. */
  gateway?: string;
  /** Limits at the gateway. */
  gateway_policy?: {
    /** Requests a second. */
    rate_limit?: {
      /** Whether it is on. */
      enable?: boolean;
      /** The limit. */
      limit?: number;
    };
    /** Requests at a time. */
    concurrency_limit?: {
      /** Whether it is on. */
      enable?: boolean;
      /** The limit. */
      limit?: number;
    };
  };
  /** Network load balancers in front of the service. */
  nlb?: Array<{
    /** `default` for one of the service's own, or `nlb-…`. */
    id: string;
    /** Port that it listens on; 8080 belongs to EAS. */
    listener_port: number;
    /** Network. */
    netType?: "intranet" | "internet";
  }>;
  /** Takes no requests from the Internet. */
  disable_internet_endpoint?: boolean;
}

/** Stores requests and responses. */
export interface Sinker {
  /** Where they go. */
  type?: "maxcompute" | "sls";
  /** Destination. */
  config?: {
    /** A MaxCompute table. */
    maxcompute?: {
      /** Its project. */
      project?: string;
      /** Its name. */
      table?: string;
    };
    /** A log store. */
    sls?: {
      /** Its project. */
      project?: string;
      /** Its name. */
      logstore?: string;
    };
  };
}
