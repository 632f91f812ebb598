/**
 * The service configuration: the JSON body of CreateService, as the console shows it and users paste it.
 * Names are the vendor's own. Units are in the comments: memory is MB, GPU memory GB, times as stated.
 *
 * Source: Alibaba Cloud, "Deploy services with JSON configuration files"
 * (https://help.aliyun.com/document_detail/450525.html).
 */
export interface ServiceConfig {
  /** Unique in a region: `a-z`, `0-9`, `_`, starting with a letter. */
  name?: string;
  /** Access token of the service; made by the server when absent. */
  token?: string;
  /** Service tags. */
  labels?: Record<string, string>;
  /** `oss://` file or folder, or the address of an archive. Processor services only. */
  model_path?: string;
  /** OSS endpoint of `model_path`, when the bucket is in another region. */
  oss_endpoint?: string;
  /** Passed to the processor's initializer as it is. */
  model_entry?: string;
  /** Passed to the processor's initializer as it is. */
  model_config?: string;
  /** Code of a built-in processor, such as `xgboost`, `pmml`, `tensorflow_cpu_2.7`. */
  processor?: string;
  /** Archive of a custom processor. */
  processor_path?: string;
  /** Main file of a custom processor. */
  processor_entry?: string;
  /** Main class of a custom Java processor. */
  processor_mainclass?: string;
  /** Language of a custom processor. */
  processor_type?: "cpp" | "java" | "python";
  /** `oss://` file of recorded requests, sent before the service takes traffic. */
  warm_up_data_path?: string;
  /** Base64 of `user:password` for a private image registry. */
  dockerAuth?: string;
  /** Containers of an image service; the first takes the requests. */
  containers?: Container[];
  /** Folders mounted into the instances. */
  storage?: StorageEntry[];
  /** Resources, scaling and RPC settings of the service. */
  metadata?: Metadata;
  /** Instance types and network of public resources. */
  cloud?: Cloud;
  /** Horizontal autoscaling. */
  autoscaler?: Autoscaler;
  /** Feature switches; their names contain dots and slashes. */
  features?: Record<string, string>;
  /** Gateway of the service. */
  networking?: Networking;
  /** Behaviour of the runtime. */
  runtime?: {
    /** Keeps a crashed instance for inspection. Default: false. */
    enable_crash_block?: boolean;
  };
  /** Machines of one instance. */
  unit?: {
    /** Default: 2. */
    size?: number;
  };
  /** Stores requests and responses. */
  sinker?: Sinker;
  /** Confidential computing. */
  confidential?: {
    /** Address of the trustee service. */
    trustee_endpoint?: string;
    /** Name of the decryption key. */
    decryption_key?: string;
  };
  /** Compute checks and fault tolerance. */
  aimaster?: Record<string, unknown>;
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
  /** Environment variables. */
  env?: { name: string; value: string }[];
  /** What is installed before the server starts. */
  prepare?: {
    /** Python requirements, as in a requirements file. */
    pythonRequirements?: string[];
    /** A requirements file inside the container. */
    pythonRequirementsPath?: string;
  };
  /** Readiness check; a TCP check when absent. */
  health_check?: Record<string, unknown>;
}

/** A folder mounted into the instances: one of `oss`, `nfs`, `git`, `image`, `empty_dir`. */
export interface StorageEntry {
  /** Where the folder appears. */
  mount_path?: string;
  /** An OSS folder. */
  oss?: {
    /** `oss://bucket/folder/`. */
    path: string;
    /** Endpoint, when the bucket is in another region. */
    endpoint?: string;
    /** Mounts read-only. */
    readOnly?: boolean;
  };
  /** An NFS export. */
  nfs?: {
    /** Host name of the file system. */
    server: string;
    /** Exported path. */
    path: string;
    /** Mounts read-only. */
    readOnly?: boolean;
  };
  /** A git repository, pulled when an instance starts, read-only. */
  git?: {
    /** `https` address. */
    repo: string;
    /** Default: `master`. */
    branch?: string;
    /** Commit to check out. */
    commit?: string;
    /** User name. */
    username?: string;
    /** Password or token. */
    password?: string;
  };
  /** Files out of an image. */
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
  /** Hints for the console. */
  properties?: {
    /** `model`, `code`, … */
    resource_type?: string;
    /** `base`, … */
    resource_use?: string;
  };
}

/** Resources, scaling and RPC settings. */
export interface Metadata {
  /** Another place for the name. */
  name?: string;
  /** Number of instances. */
  instance?: number;
  /** Workspace the service belongs to. */
  workspace_id?: string;
  /** CPU cores of an instance. */
  cpu?: number;
  /** Memory of an instance, in MB. */
  memory?: number;
  /** GPUs of an instance. */
  gpu?: number;
  /** Memory of a shared GPU, in GB. */
  gpu_memory?: number;
  /** Share of a GPU's computing power, in percent. */
  gpu_core_percentage?: number;
  /** `""` or `BestEffort`. */
  qos?: string;
  /** Dedicated resource group, `eas-r-…`. */
  resource?: string;
  /** CUDA version. */
  cuda?: string;
  /** RDMA devices. */
  rdma?: number;
  /** Routes gRPC instead of HTTP. */
  enable_grpc?: boolean;
  /** Serves a web page. */
  enable_webservice?: boolean;
  /** `Async`, `Standard`, `LLMGatewayService`, … */
  type?: string;
  /** Shared memory, in GB. */
  shm_size?: number;
  /** System disk, such as `30Gi`. */
  disk?: string;
  /** `elasticjob`, … */
  workload_type?: string;
  /** Lets the scheduler move instances. */
  resource_rebalancing?: boolean;
  /** Lets instances spill over to public resources. */
  resource_burstable?: boolean;
  /** Service group that the service joins. */
  group?: string;
  /** Rolling update. */
  rolling_strategy?: {
    /** Count, or a share such as `2%`. */
    max_surge?: number | string;
    /** Count, or a share such as `2%`. */
    max_unavailable?: number | string;
  };
  /** Placement. */
  scheduling?: {
    /** Spread of instances. */
    spread?: {
      /** `host`, `zone` or `default`. */
      policy?: string;
    };
  };
  /** Seconds between the stop signal and the kill; the vendor writes the dots in the key. Default: 30. */
  "eas.termination_grace_period"?: number;
  /** Request handling. */
  rpc?: Rpc;
}

/** Request handling of an instance. */
export interface Rpc {
  /** Longest processing time of a request in milliseconds; 408 beyond it. */
  keepalive?: number;
  /** Default: 4. */
  io_threads?: number;
  /** Default: 5. */
  worker_threads?: number;
  /** Requests that may wait; 450 beyond it. Default: 64. */
  max_queue_size?: number;
  /** Joins requests into batches. Processor services only. Default: false. */
  batching?: boolean;
  /** Default: 16. */
  max_batch_size?: number;
  /** In milliseconds. Default: 50. */
  max_batch_timeout?: number;
  /** Requests a second; 429 beyond it; 0 for no limit. Default: 0. */
  rate_limit?: number;
  /** Sends SIGTERM before an instance is stopped. Default: false. */
  enable_sigterm?: boolean;
  /** Path that the async proxy forwards to. */
  proxy_path?: string;
  /** Request compression that the service expects. */
  decompressor?: string;
}

/** Public resources. */
export interface Cloud {
  /** Machines. */
  computing?: {
    /** One instance type, such as `ecs.c6.xlarge`. */
    instance_type?: string;
    /** Instance types, tried in order. */
    instances?: { type: string; spot_price_limit?: number; capacity?: number | string }[];
    /** Gives up the protected hour of spot instances. */
    disable_spot_protection_period?: boolean;
  };
  /** Network that the instances join. */
  networking?: {
    /** VPC. */
    vpc_id?: string;
    /** Switch. */
    vswitch_id?: string;
    /** Security group. */
    security_group_id?: string;
  };
}

/** Horizontal autoscaling. */
export interface Autoscaler {
  /** Fewest instances. */
  min?: number;
  /** Most instances. */
  max?: number;
  /** Targets, such as `{ "qps": 10 }`. */
  strategies?: Record<string, number>;
}

/** Gateway of the service. */
export interface Networking {
  /** Dedicated gateway. */
  gateway?: string;
  /** Limits at the gateway. */
  gateway_policy?: {
    /** Requests a second. */
    rate_limit?: { enable?: boolean; limit?: number };
    /** Requests at a time. */
    concurrency_limit?: { enable?: boolean; limit?: number };
  };
}

/** Stores requests and responses. */
export interface Sinker {
  /** `maxcompute` or `sls`. */
  type?: string;
  /** Destination. */
  config?: {
    /** A MaxCompute table. */
    maxcompute?: { project?: string; table?: string };
    /** A log store. */
    sls?: { project?: string; logstore?: string };
  };
}
