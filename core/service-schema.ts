// Made by tests/fixtures/service-schema/make.ts from service.schema.json; change that and run it.
import type { ConfigSchema } from "./config-schema.ts";

const variable: ConfigSchema = {
  type: "object",
  properties: {
    name: {
      type: "string",
      pattern: "^[-._a-zA-Z][-._a-zA-Z0-9]*$",
      patternErrorMessage: "the name of a variable has letters, digits, -, . and _, and starts with no digit",
    },
    value: { type: "string", "x-secret": true },
  },
  required: ["name", "value"],
};

const healthCheck: ConfigSchema = {
  "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/advanced-configuration-health-check",
  type: "object",
  properties: {
    http_get: {
      type: "object",
      properties: {
        path: { type: "string" },
        port: { type: "integer", minimum: 1, maximum: 65535 },
        scheme: { type: "string", enum: ["HTTP", "HTTPS"] },
      },
    },
    tcp_socket: { type: "object", properties: { port: { type: "integer", minimum: 1, maximum: 65535 } } },
    exec: {
      type: "object",
      properties: { command: { type: "array", minItems: 1, items: { type: "string" } } },
    },
    initial_delay_seconds: { type: "integer", minimum: 0 },
    period_seconds: { type: "integer", minimum: 1, default: 10 },
    timeout_seconds: { type: "integer", minimum: 1, default: 1 },
    success_threshold: { type: "integer", minimum: 1, default: 1 },
    failure_threshold: { type: "integer", minimum: 1, default: 3 },
  },
};

const container: ConfigSchema = {
  type: "object",
  properties: {
    image: { type: "string", pattern: "^\\S+$", patternErrorMessage: "an image address has no spaces" },
    port: { type: "integer", minimum: 1, maximum: 65535 },
    script: { type: "string" },
    command: { type: "string" },
    args: { type: "array", items: { type: "string" } },
    env: { type: "array", items: variable },
    prepare: {
      type: "object",
      properties: {
        pythonRequirements: { type: "array", items: { type: "string" } },
        pythonRequirementsPath: { type: "string" },
      },
    },
    health_check: healthCheck,
    startup_check: healthCheck,
    liveness_check: healthCheck,
    readiness_check: healthCheck,
    resources: { type: "object", additionalProperties: true },
  },
  required: ["image"],
};

const storageEntry: ConfigSchema = {
  type: "object",
  properties: {
    mount_path: {
      type: "string",
      pattern: "^/",
      patternErrorMessage: "a mount path is absolute: it starts with /",
    },
    oss: {
      type: "object",
      properties: {
        path: {
          type: "string",
          pattern: "^oss://[^/\\s]",
          patternErrorMessage: "an OSS folder is written oss://bucket/folder/",
        },
        endpoint: {
          type: "string",
          pattern: "^(?:https?://)?[A-Za-z0-9.-]*/?$",
          patternErrorMessage: "an endpoint is a host name, such as oss-cn-shanghai-internal.aliyuncs.com",
        },
        readOnly: { type: "boolean", default: false },
      },
      required: ["path"],
    },
    nfs: {
      type: "object",
      properties: {
        server: {
          type: "string",
          pattern: "^[A-Za-z0-9][A-Za-z0-9.-]*$",
          patternErrorMessage: "the server is a host name, such as 0a1b2c-xyz.cn-hangzhou.nas.aliyuncs.com",
        },
        path: { type: "string", pattern: "^/", patternErrorMessage: "an exported path starts with /" },
        readOnly: { type: "boolean", default: false },
        resourceGroup: { type: "string" },
      },
      required: ["server", "path"],
    },
    git: {
      type: "object",
      properties: {
        repo: {
          type: "string",
          pattern: "^https?://[^/\\s]",
          patternErrorMessage:
            "a repository is named by its https:// address; the git protocol is not supported",
        },
        branch: { type: "string", default: "master" },
        commit: { type: "string" },
        username: { type: "string" },
        password: { type: "string", "x-secret": true },
      },
      required: ["repo"],
    },
    image: {
      type: "object",
      properties: { image: { type: "string" }, path: { type: "string" } },
      required: ["image", "path"],
    },
    empty_dir: {
      type: "object",
      properties: {
        medium: { type: "string", enum: ["memory"] },
        size_limit: { type: "number", exclusiveMinimum: 0 },
      },
    },
    dataset: {
      type: "object",
      properties: {
        id: { type: "string" },
        version: { type: "string" },
        read_only: { type: "boolean", default: true },
      },
      required: ["id"],
    },
    cache: {
      type: "object",
      properties: { path: { type: "string" }, capacity: { type: "string" } },
      required: ["path"],
    },
    properties: {
      type: "object",
      properties: { resource_type: { type: "string" }, resource_use: { type: "string" } },
    },
  },
};

const rpc: ConfigSchema = {
  type: "object",
  properties: {
    keepalive: { type: "integer", minimum: 1 },
    io_threads: { type: "integer", minimum: 1, default: 4 },
    worker_threads: { type: "integer", minimum: 1, default: 5 },
    max_queue_size: { type: "integer", minimum: 0, default: 64 },
    batching: { type: "boolean", default: false },
    max_batch_size: { type: "integer", minimum: 1, default: 16 },
    max_batch_timeout: { type: "integer", minimum: 0, default: 50 },
    rate_limit: { type: "integer", minimum: 0, default: 0 },
    enable_sigterm: { type: "boolean", default: false },
    enable_jemalloc: { type: ["integer", "boolean"] },
    proxy_path: { type: "string" },
    decompressor: { type: "string" },
  },
};

const metadata: ConfigSchema = {
  type: "object",
  properties: {
    name: {
      type: "string",
      pattern: "^[a-z][a-z0-9_]{2,62}$",
      patternErrorMessage:
        "a service name has 3 to 63 characters of a-z, 0-9 and _, and starts with a letter",
    },
    instance: { type: "integer", minimum: 0 },
    workspace_id: { type: "string" },
    accessibility: { type: "string" },
    cpu: { type: "number", exclusiveMinimum: 0 },
    memory: { type: "integer", minimum: 1 },
    gpu: { type: "integer", minimum: 0 },
    gpu_memory: { type: "integer", minimum: 0 },
    gpu_core_percentage: { type: "integer", minimum: 0, maximum: 100 },
    qos: { type: "string", enum: ["", "BestEffort", "Guaranteed"] },
    resource: { type: "string" },
    quota_id: { type: "string" },
    quota_type: { type: "string" },
    cuda: {
      type: "string",
      pattern: "^(?:$|\\d+\\.\\d+$)",
      patternErrorMessage: "a CUDA version is written 11.2",
    },
    rdma: { type: "integer", minimum: 0 },
    enable_grpc: { type: "boolean", default: false },
    enable_webservice: { type: "boolean", default: false },
    type: { type: "string" },
    shm_size: { type: "integer", minimum: 0 },
    disk: {
      type: ["string", "integer"],
      pattern: "^[1-9][0-9]*Gi$",
      patternErrorMessage: "the size of a disk is written 40Gi",
      minimum: 1,
    },
    gateway: { type: "string" },
    workload_type: { type: "string" },
    resource_rebalancing: { type: "boolean", default: false },
    resource_burstable: {
      type: "boolean",
      default: false,
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/elastic-resource-pool",
    },
    group: { type: "string" },
    rolling_strategy: {
      type: "object",
      properties: {
        max_surge: {
          type: ["integer", "string"],
          minimum: 0,
          pattern: "^[0-9]+%?$",
          patternErrorMessage: "it is a count, or a share such as 2%",
          default: "2%",
        },
        max_unavailable: {
          type: ["integer", "string"],
          minimum: 0,
          pattern: "^[0-9]+%?$",
          patternErrorMessage: "it is a count, or a share such as 2%",
        },
      },
    },
    scheduling: {
      type: "object",
      properties: {
        spread: {
          type: "object",
          properties: { policy: { type: "string", enum: ["host", "zone", "default"] } },
        },
      },
    },
    eas: {
      type: "object",
      properties: { termination_grace_period: { type: "integer", minimum: 0, default: 30 } },
    },
    "eas.termination_grace_period": { type: "integer", minimum: 0, default: 30 },
    rpc: rpc,
  },
};

const cloud: ConfigSchema = {
  type: "object",
  properties: {
    computing: {
      type: "object",
      properties: {
        instance_type: { type: "string" },
        instances: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            properties: {
              type: { type: "string" },
              spot_price_limit: { type: "number", exclusiveMinimum: 0 },
              capacity: {
                type: ["integer", "string"],
                minimum: 0,
                pattern: "^[0-9]+%?$",
                patternErrorMessage: "it is a count, or a share such as 20%",
              },
            },
            required: ["type"],
          },
        },
        disable_spot_protection_period: { type: "boolean", default: false },
      },
    },
    networking: {
      type: "object",
      properties: {
        vpc_id: { type: "string" },
        vswitch_id: { type: "string" },
        security_group_id: { type: "string" },
      },
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/configure-network-connectivity",
    },
  },
};

const autoscaler: ConfigSchema = {
  "x-page":
    "https://www.alibabacloud.com/help/en/pai/user-guide/enable-or-disable-the-horizontal-auto-scaling-feature",
  type: "object",
  properties: {
    min: { type: "integer", minimum: 0 },
    max: { type: "integer", minimum: 1 },
    strategies: { type: "object", additionalProperties: { type: "number", exclusiveMinimum: 0 } },
    scaleStrategies: {
      type: "array",
      items: {
        type: "object",
        properties: {
          metricName: { type: "string" },
          threshold: { type: "number", exclusiveMinimum: 0 },
          service: { type: "string" },
        },
        required: ["metricName", "threshold"],
      },
    },
    behavior: {
      type: "object",
      properties: {
        scaleUp: {
          type: "object",
          properties: { stabilizationWindowSeconds: { type: "integer", minimum: 0, default: 0 } },
        },
        scaleDown: {
          type: "object",
          properties: { stabilizationWindowSeconds: { type: "integer", minimum: 0, default: 300 } },
        },
        onZero: {
          type: "object",
          properties: {
            scaleDownGracePeriodSeconds: { type: "integer", minimum: 0, default: 600 },
            scaleUpActivationReplicas: { type: "integer", minimum: 1, default: 1 },
          },
        },
      },
    },
  },
};

const queue: ConfigSchema = {
  "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/queue-service-and-asynchronous-inference",
  type: "object",
  properties: {
    cpu: { type: "number", exclusiveMinimum: 0 },
    memory: { type: "integer", minimum: 1 },
    resource: { type: "string" },
    min_replica: { type: "integer", minimum: 1, default: 1 },
    max_delivery: { type: "integer", minimum: 0 },
    source: { type: "object", additionalProperties: true },
    sink: { type: "object", additionalProperties: true },
  },
};

const networking: ConfigSchema = {
  type: "object",
  properties: {
    gateway: {
      type: "string",
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/dedicated-service-gateway/",
    },
    gateway_policy: {
      type: "object",
      properties: {
        rate_limit: {
          type: "object",
          properties: { enable: { type: "boolean" }, limit: { type: "integer", minimum: 1 } },
        },
        concurrency_limit: {
          type: "object",
          properties: { enable: { type: "boolean" }, limit: { type: "integer", minimum: 1 } },
        },
      },
    },
    nlb: {
      type: "array",
      items: {
        type: "object",
        properties: {
          id: { type: "string" },
          listener_port: { type: "integer", minimum: 1, maximum: 65535 },
          netType: { type: "string", enum: ["intranet", "internet"] },
        },
        required: ["id", "listener_port"],
      },
    },
    disable_internet_endpoint: { type: "boolean" },
  },
};

const sinker: ConfigSchema = {
  type: "object",
  properties: {
    type: { type: "string", enum: ["maxcompute", "sls"] },
    config: {
      type: "object",
      properties: {
        maxcompute: {
          type: "object",
          properties: { project: { type: "string" }, table: { type: "string" } },
        },
        sls: { type: "object", properties: { project: { type: "string" }, logstore: { type: "string" } } },
      },
    },
  },
};

/** Structure of the service configuration, to check it by; what editors show is in `service.schema.json`. */
export const serviceSchema: ConfigSchema = {
  "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/parameters-of-model-services",
  type: "object",
  properties: {
    $schema: { type: "string" },
    name: {
      type: "string",
      pattern: "^[a-z][a-z0-9_]{2,62}$",
      patternErrorMessage:
        "a service name has 3 to 63 characters of a-z, 0-9 and _, and starts with a letter",
    },
    token: { type: "string", "x-secret": true },
    labels: { type: "object", additionalProperties: { type: "string" } },
    model_path: {
      type: "string",
      pattern: "^(?:$|oss://[^/\\s]|https?://[^/\\s])",
      patternErrorMessage:
        "a model is at an oss:// address or an http(s):// archive; files of this machine are uploaded with fromDisk(path)",
    },
    oss_endpoint: {
      type: "string",
      pattern: "^(?:https?://)?[A-Za-z0-9.-]*/?$",
      patternErrorMessage: "an endpoint is a host name, such as oss-cn-beijing.aliyuncs.com",
    },
    model_entry: { type: "string" },
    model_config: { type: ["string", "object"] },
    processor: {
      type: "string",
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/built-in-processors/",
    },
    processor_path: {
      type: "string",
      pattern: "^(?:$|oss://[^/\\s]|https?://[^/\\s])",
      patternErrorMessage: "a processor is at an oss:// address or an http(s):// archive",
    },
    processor_entry: { type: "string" },
    processor_mainclass: { type: "string" },
    processor_type: { type: "string", enum: ["cpp", "java", "python", ""] },
    processor_envs: { type: "array", items: variable },
    warm_up_data_path: {
      type: "string",
      pattern: "^(?:$|oss://[^/\\s]|https?://[^/\\s])",
      patternErrorMessage: "the requests are at an oss:// address",
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/warm-up-model-services",
    },
    dockerAuth: {
      type: "string",
      pattern: "^[A-Za-z0-9+/]*={0,2}$",
      patternErrorMessage: "it is the Base64 of user:password; encode that",
      "x-secret": true,
    },
    containers: {
      type: "array",
      minItems: 1,
      items: container,
      "x-page":
        "https://www.alibabacloud.com/help/en/pai/user-guide/deploy-a-model-service-by-using-a-custom-image",
    },
    storage: {
      type: "array",
      items: storageEntry,
      "x-page": "https://www.alibabacloud.com/help/en/pai/user-guide/mount-storage-to-services",
    },
    metadata: metadata,
    rpc: rpc,
    cloud: cloud,
    autoscaler: autoscaler,
    queue: queue,
    features: { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } },
    networking: networking,
    runtime: {
      type: "object",
      properties: {
        enable_crash_block: { type: "boolean", default: false },
        termination_grace_period: { type: "integer", minimum: 0 },
      },
    },
    unit: { type: "object", properties: { size: { type: "integer", minimum: 1, default: 2 } } },
    sinker: sinker,
    confidential: {
      type: "object",
      properties: {
        trustee_endpoint: { type: "string" },
        decryption_key: { type: "string", "x-secret": true },
      },
    },
    options: {
      type: "object",
      properties: {
        enable_ram_role: {
          type: "boolean",
          default: false,
          "x-page": "https://help.aliyun.com/zh/pai/configure-the-eas-ram-role",
        },
        enable_cache: { type: "boolean" },
      },
    },
    aimaster: {
      type: "object",
      additionalProperties: true,
      "x-page":
        "https://www.alibabacloud.com/help/en/pai/user-guide/calculation-force-detection-and-fault-tolerance",
    },
  },
};
