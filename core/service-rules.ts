import type { RuleCondition, ServiceRule } from "./service-rule.ts";

const guide = "https://www.alibabacloud.com/help/en/pai/user-guide";
const skill =
  "https://github.com/aliyun/alibabacloud-aiops-skills/tree/HEAD/skills/aiml/learn/alibabacloud-pai-eas-service-deploy/references";

const pages = {
  parameters: `${guide}/parameters-of-model-services`,
  deployment: "https://help.aliyun.com/en/pai/service-deployment/",
  customImage: `${guide}/deploy-a-model-service-by-using-a-custom-image`,
  storage: `${guide}/mount-storage-to-services`,
  mounting: `${skill}/storage-mount.md`,
  health: `${guide}/advanced-configuration-health-check`,
  probes:
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
  deployments: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable",
  schema: `${skill}/config-schema.md`,
  network: `${skill}/network-config.md`,
  gateway: `${skill}/../scripts/validate-service-config.sh`,
  features: `${skill}/service-features.md`,
  autoscaler: `${guide}/enable-or-disable-the-horizontal-auto-scaling-feature`,
  gpuSharing: `${guide}/advanced-configuration-gpu-sharing`,
  publicResources: `${guide}/work-with-the-public-resource-group`,
  elasticPool: `${guide}/elastic-resource-pool`,
  queue: `${guide}/queue-service-and-asynchronous-inference`,
} as const;

const checks = ["health_check", "startup_check", "liveness_check", "readiness_check"]
  .map((check) => `containers[].${check}`);
const methods = ["http_get", "tcp_socket", "exec"];
const sources = ["oss", "nfs", "git", "image", "empty_dir", "dataset", "cache"];
const batching: RuleCondition = { value: "metadata.rpc.batching", in: [true] };
const machine: RuleCondition = {
  any: [{ given: "cloud.computing.instance_type" }, { given: "cloud.computing.instances" }],
};

/** Rules of the vendor; what a schema says well enough is in `service.schema.json`. */
export const serviceRules: readonly ServiceRule[] = [
  // The name
  {
    id: "name-missing",
    page: pages.parameters,
    says: "a service needs a name",
    mend: "set name",
    check: { require: { any: [{ given: "name" }, { given: "metadata.name" }] } },
    at: "name",
  },
  {
    id: "two-names",
    page: pages.parameters,
    says: "name and metadata.name are two places for the same name",
    mend: "remove one of them",
    check: { forbid: { differ: ["name", "metadata.name"] } },
    at: "metadata.name",
    shows: ["name", "metadata.name"],
  },

  // What runs
  {
    id: "processor-or-containers",
    page: pages.deployment,
    says: "a service runs a processor or containers, not both",
    mend: "remove processor and processor_path, or containers",
    when: { given: "containers" },
    check: { forbid: { any: [{ given: "processor" }, { given: "processor_path" }] } },
    at: "containers",
    shows: ["processor"],
  },
  {
    id: "custom-processor-type",
    page: pages.parameters,
    says: "a custom processor is described by processor_path and processor_type",
    mend: "set processor_type to cpp, java or python",
    when: { given: "processor_path" },
    check: { require: { given: "processor_type" } },
    at: "processor_type",
  },
  {
    id: "custom-processor-entry",
    page: pages.parameters,
    says: "a custom processor in C++ or Python needs processor_entry",
    mend: "set it to the main file, such as libprocessor.so or app.py",
    when: { value: "processor_type", in: ["cpp", "python"] },
    check: { require: { given: "processor_entry" } },
    at: "processor_entry",
  },
  {
    id: "custom-processor-mainclass",
    page: pages.parameters,
    says: "a custom processor in Java needs processor_mainclass",
    mend: "set it to the main class, such as com.example.Processor",
    when: { value: "processor_type", in: ["java"] },
    check: { require: { given: "processor_mainclass" } },
    at: "processor_mainclass",
  },
  {
    id: "two-processors",
    page: pages.parameters,
    severity: "warning",
    says: "processor names a built-in processor, processor_path a custom one",
    mend: "remove one of them",
    check: { atMostOne: ["processor", "processor_path"] },
    shows: ["processor"],
  },
  {
    id: "processor-without-model",
    page: pages.parameters,
    severity: "warning",
    says: "a processor loads a model from model_path or from mounted storage",
    mend: "set model_path",
    when: { all: [{ given: "processor" }, { not: { given: "containers" } }] },
    check: { require: { any: [{ given: "model_path" }, { given: "storage" }] } },
    at: "model_path",
    shows: ["processor"],
  },
  {
    id: "nothing-to-run",
    page: pages.deployment,
    severity: "warning",
    says: "no key says what to run",
    mend: "set processor, processor_path or containers",
    when: { not: { value: "metadata.type", in: ["LLMGatewayService", "Queue"] } },
    check: {
      require: { any: [{ given: "processor" }, { given: "processor_path" }, { given: "containers" }] },
    },
  },
  {
    id: "unknown-type",
    page: pages.parameters,
    severity: "warning",
    says: "known types of services are Standard, Async, LLM, LLMGatewayService, SDCluster, RAG and Queue",
    mend: "check the spelling",
    in: ["metadata"],
    when: { given: "type" },
    check: {
      require: {
        value: "type",
        in: ["Standard", "Async", "LLM", "LLMGatewayService", "SDCluster", "RAG", "Queue"],
      },
    },
    at: "type",
    shows: ["type"],
  },
  {
    id: "queue-without-async",
    page: pages.queue,
    severity: "warning",
    says: "only an asynchronous service has a queue",
    mend: 'set metadata.type to "Async", or remove queue',
    when: { given: "queue" },
    check: { require: { value: "metadata.type", in: ["Async", "Queue"] } },
    at: "queue",
  },

  // Containers
  {
    id: "command-or-script",
    page: pages.parameters,
    says: "command and script are two ways to say how the server starts",
    mend: "remove one of them; script takes shell text",
    in: ["containers[]"],
    check: { atMostOne: ["command", "script"] },
  },
  {
    id: "single-command",
    page: pages.parameters,
    says: "command is a single command, without a shell",
    mend: "write it as script",
    in: ["containers[]"],
    check: {
      forbid: {
        any: [
          { text: "command", like: "^[^'\"]*(?:&&|\\|\\||[;|\\n])" },
          { text: "command", like: "^\\s*(?:cd|export|set|source)\\s" },
        ],
      },
    },
    at: "command",
  },
  {
    id: "reserved-port",
    page: pages.parameters,
    says: "8080 and 9090 belong to the engine of EAS",
    mend: "let the server listen on another port, such as 8000",
    in: ["containers[]"],
    check: { forbid: { value: "port", in: [8080, 9090] } },
    at: "port",
    shows: ["port"],
  },
  {
    id: "same-port",
    page: pages.customImage,
    says: "containers of a service share their network, so each needs a port of its own",
    mend: "let one of them listen on another port",
    in: ["containers[]"],
    check: { unique: "port" },
    shows: ["port"],
  },
  {
    id: "same-variable",
    page: pages.parameters,
    severity: "warning",
    says: "the variable is set twice, and one value is lost",
    mend: "remove one of them",
    in: ["containers[].env[]", "processor_envs[]"],
    check: { unique: "name" },
    shows: ["name"],
  },
  {
    id: "two-requirements",
    page: pages.parameters,
    severity: "warning",
    says: "pythonRequirements and pythonRequirementsPath are two ways to say what is installed",
    mend: "remove one of them",
    in: ["containers[].prepare"],
    check: { atMostOne: ["pythonRequirements", "pythonRequirementsPath"] },
  },
  {
    id: "two-check-methods",
    page: pages.health,
    says: "a check is made in one way: http_get, tcp_socket or exec",
    mend: "remove all but one",
    in: checks,
    check: { atMostOne: methods },
  },
  {
    id: "no-check-method",
    page: pages.health,
    says: "a check is made in one way: http_get, tcp_socket or exec",
    mend: 'add one, such as "http_get": { "path": "/" }',
    in: checks,
    check: { require: { any: methods.map((method) => ({ given: method })) } },
  },
  {
    id: "success-threshold",
    page: pages.probes,
    says: "one success is enough for a startup or liveness check",
    mend: "remove success_threshold",
    in: ["containers[].startup_check", "containers[].liveness_check"],
    check: { forbid: { above: ["success_threshold", 1] } },
    at: "success_threshold",
    shows: ["success_threshold"],
  },
  {
    id: "two-readiness-checks",
    page: pages.health,
    severity: "warning",
    says: "health_check and readiness_check are the same check",
    mend: "remove one of them",
    in: ["containers[]"],
    check: { atMostOne: ["health_check", "readiness_check"] },
  },

  // Storage
  {
    id: "mount-path-missing",
    page: pages.storage,
    says: "a mount needs a path",
    mend: "set mount_path, such as /mnt/data/",
    in: ["storage[]"],
    check: { require: { given: "mount_path" } },
    at: "mount_path",
  },
  {
    id: "mount-source-missing",
    page: pages.storage,
    says: `a mount has a source: ${sources.join(", ")}`,
    mend: "add one",
    in: ["storage[]"],
    check: { require: { keysBeside: ["mount_path", "properties"] } },
    shows: ["mount_path"],
  },
  {
    id: "two-mount-sources",
    page: pages.storage,
    says: "a mount has one source",
    mend: "make an entry of its own for the other",
    in: ["storage[]"],
    check: { atMostOne: sources },
    shows: ["mount_path"],
  },
  {
    id: "same-mount-path",
    page: pages.mounting,
    says: "two mounts can't be at the same path",
    mend: "mount one of them elsewhere",
    in: ["storage[]"],
    check: { unique: "mount_path", folders: true },
    shows: ["mount_path"],
  },
  {
    id: "nested-mount-path",
    page: pages.mounting,
    severity: "warning",
    says: "mounts inside one another hide files",
    mend: "mount one of them elsewhere",
    in: ["storage[]"],
    check: { apart: "mount_path" },
    shows: ["mount_path"],
  },
  {
    id: "reserved-mount-path",
    page: pages.mounting,
    says: "the folder belongs to the system of the container",
    mend: "mount at a folder of your own, such as /mnt/data/",
    in: ["storage[]"],
    check: {
      forbid: { text: "mount_path", like: "^/+(?:(?:bin|boot|dev|etc|lib|lib64|proc|sbin|sys|usr)/*)?$" },
    },
    at: "mount_path",
    shows: ["mount_path"],
  },
  {
    id: "oss-folder",
    page: pages.mounting,
    severity: "warning",
    says: "the address of a folder ends in a slash",
    mend: "add the slash, or name the folder that the file is in",
    in: ["storage[].oss"],
    when: { text: "path", like: "^oss://" },
    check: { require: { text: "path", like: "/$" } },
    at: "path",
    shows: ["path"],
  },
  {
    id: "git-credentials",
    page: pages.storage,
    severity: "warning",
    says: "whoever sees the configuration sees the credentials in this address",
    mend: "put them into username and password",
    in: ["storage[].git"],
    check: { forbid: { text: "repo", like: "^https?://[^/]*@" } },
    at: "repo",
  },

  // Resources
  {
    id: "two-machine-lists",
    page: pages.schema,
    says: "instance_type and instances are two ways to say which machines",
    mend: "remove one of them",
    in: ["cloud.computing"],
    check: { atMostOne: ["instance_type", "instances"] },
    shows: ["instance_type"],
  },
  {
    id: "machine-and-figures",
    page: pages.parameters,
    severity: "warning",
    says: "the instance type decides what an instance gets",
    mend: "remove cpu and memory, or the instance type",
    when: { all: [machine, { not: { given: "metadata.resource" } }] },
    check: { forbid: { any: [{ given: "metadata.cpu" }, { given: "metadata.memory" }] } },
    at: "metadata",
    shows: ["metadata.cpu", "metadata.memory"],
  },
  {
    id: "group-and-machine",
    page: pages.elasticPool,
    severity: "warning",
    says: "a service of a dedicated group uses public machines only as an elastic pool",
    mend: "set metadata.resource_burstable to true, or remove the instance types",
    when: { given: "metadata.resource" },
    check: {
      forbid: {
        all: [
          machine,
          { not: { value: "metadata.resource_burstable", in: [true] } },
          {
            not: { some: "cloud.computing.instances", item: { value: "type", in: ["dedicated_resource"] } },
          },
        ],
      },
    },
    at: "metadata.resource",
    shows: ["metadata.resource"],
  },
  {
    id: "no-resources",
    page: pages.parameters,
    severity: "warning",
    says: "nothing says what to run it on",
    mend: "set cloud.computing.instance_type, or metadata.resource with cpu and memory",
    check: {
      require: {
        any: [machine, ...["cpu", "resource", "quota_id"].map((key) => ({ given: `metadata.${key}` }))],
      },
    },
    at: "cloud.computing",
  },
  {
    id: "cpu-with-memory",
    page: pages.parameters,
    severity: "warning",
    says: "cpu and memory are given together",
    mend: "set the other too",
    in: ["metadata"],
    check: { together: ["cpu", "memory"] },
  },
  {
    id: "whole-or-shared-gpu",
    page: pages.gpuSharing,
    severity: "warning",
    says: "an instance with whole GPUs does not share one, so gpu_memory is ignored",
    mend: "remove gpu_memory, or set gpu to 0",
    in: ["metadata"],
    check: { forbid: { all: [{ above: ["gpu", 0] }, { above: ["gpu_memory", 0] }] } },
    at: "gpu_memory",
    shows: ["gpu", "gpu_memory"],
  },
  {
    id: "shared-gpu-memory",
    page: pages.gpuSharing,
    says: "gpu_core_percentage needs gpu_memory",
    mend: "set gpu_memory, in GB",
    in: ["metadata"],
    when: { above: ["gpu_core_percentage", 0] },
    check: { require: { above: ["gpu_memory", 0] } },
    at: "gpu_core_percentage",
    shows: ["gpu_core_percentage"],
  },
  {
    id: "shared-gpu-group",
    page: pages.gpuSharing,
    severity: "warning",
    says: "only dedicated groups and quotas share GPUs",
    mend: "set metadata.resource, or gpu instead of gpu_memory",
    in: ["metadata"],
    when: { above: ["gpu_memory", 0] },
    check: { require: { any: [{ given: "resource" }, { given: "quota_id" }] } },
    at: "gpu_memory",
    shows: ["gpu_memory"],
  },
  {
    id: "disk-size",
    page: pages.publicResources,
    says: "a system disk has at most 2000 GiB",
    mend: "ask for less, or mount storage",
    in: ["metadata"],
    check: {
      forbid: {
        any: [
          { above: ["disk", 2000] },
          { text: "disk", like: "^(?:200[1-9]|20[1-9][0-9]|2[1-9][0-9]{2}|[3-9][0-9]{3}|[0-9]{5,})Gi$" },
        ],
      },
    },
    at: "disk",
    shows: ["disk"],
  },
  {
    id: "cuda-version",
    page: pages.parameters,
    severity: "warning",
    says: "CUDA is there in 8.0, 9.0, 10.0, 10.1, 10.2, 11.0, 11.1 and 11.2",
    mend: "choose one of them",
    in: ["metadata"],
    when: { text: "cuda", like: "^[0-9]+[.][0-9]+$" },
    check: {
      require: { value: "cuda", in: ["8.0", "9.0", "10.0", "10.1", "10.2", "11.0", "11.1", "11.2"] },
    },
    at: "cuda",
    shows: ["cuda"],
  },
  {
    id: "spot-protection",
    page: pages.publicResources,
    severity: "warning",
    says: "only spot instances have a protected hour",
    mend: "set spot_price_limit of an instance type, or remove disable_spot_protection_period",
    in: ["cloud.computing"],
    when: { value: "disable_spot_protection_period", in: [true] },
    check: { require: { some: "instances", item: { given: "spot_price_limit" } } },
    at: "disable_spot_protection_period",
  },
  {
    id: "spot-alone",
    page: pages.publicResources,
    severity: "warning",
    says: "a service with spot instances alone stops when the price rises",
    mend: "add an instance type without spot_price_limit",
    in: ["cloud.computing"],
    when: { some: "instances", item: { given: "spot_price_limit" } },
    check: { require: { some: "instances", item: { not: { given: "spot_price_limit" } } } },
    at: "instances",
  },

  // Scaling
  {
    id: "autoscaler-range",
    page: pages.autoscaler,
    says: "min is at most max",
    mend: "swap them",
    in: ["autoscaler"],
    check: { forbid: { above: ["min", "max"] } },
    at: "min",
    shows: ["min", "max"],
  },
  {
    id: "autoscaler-still",
    page: pages.features,
    severity: "warning",
    says: "nothing scales between min and max that are equal",
    mend: "raise max",
    in: ["autoscaler"],
    when: { all: [{ given: "min" }, { given: "max" }] },
    check: { require: { differ: ["min", "max"] } },
    at: "max",
    shows: ["min", "max"],
  },
  {
    id: "autoscaler-instances",
    page: pages.autoscaler,
    severity: "warning",
    says: "the autoscaler moves the number of instances into its range at once",
    mend: "set metadata.instance to a number of the range",
    check: {
      forbid: {
        any: [
          { above: ["metadata.instance", "autoscaler.max"] },
          { above: ["autoscaler.min", "metadata.instance"] },
        ],
      },
    },
    at: "metadata.instance",
    shows: ["metadata.instance", "autoscaler.min", "autoscaler.max"],
  },
  {
    id: "two-strategies",
    page: pages.autoscaler,
    severity: "warning",
    says: "strategies and scaleStrategies are two ways to say when to scale",
    mend: "remove one of them",
    in: ["autoscaler"],
    check: { atMostOne: ["strategies", "scaleStrategies"] },
  },
  {
    id: "stuck-update",
    page: pages.deployments,
    severity: "warning",
    says: "an update can't begin when no instance may be added and none may be missing",
    mend: "raise one of them",
    in: ["metadata.rolling_strategy"],
    check: {
      forbid: {
        all: [
          { value: "max_surge", in: [0, "0", "0%"] },
          { value: "max_unavailable", in: [0, "0", "0%"] },
        ],
      },
    },
    shows: ["max_surge", "max_unavailable"],
  },

  // Requests
  {
    id: "batching-processor",
    page: pages.parameters,
    severity: "warning",
    says: "only built-in processors join requests into batches",
    mend: "remove metadata.rpc.batching",
    when: batching,
    check: { forbid: { any: [{ given: "containers" }, { given: "processor_path" }] } },
    at: "metadata.rpc.batching",
  },
  {
    id: "batch-without-batching",
    page: pages.parameters,
    severity: "warning",
    says: "max_batch_size and max_batch_timeout have no effect without batching",
    mend: "set batching to true",
    in: ["metadata.rpc", "rpc"],
    when: { any: [{ given: "max_batch_size" }, { given: "max_batch_timeout" }] },
    check: { require: { value: "batching", in: [true] } },
    at: "batching",
  },
  {
    id: "limit-without-value",
    page: pages.parameters,
    says: "a limit that is enabled has a value",
    mend: "set limit",
    in: ["networking.gateway_policy.rate_limit", "networking.gateway_policy.concurrency_limit"],
    when: { value: "enable", in: [true] },
    check: { require: { given: "limit" } },
    at: "limit",
  },

  // Network
  {
    id: "network-together",
    page: pages.parameters,
    says: "a network is named by vpc_id, vswitch_id and security_group_id together",
    mend: "set this one too",
    in: ["cloud.networking"],
    check: { together: ["vpc_id", "vswitch_id", "security_group_id"] },
  },
  {
    id: "shared-gateway",
    page: pages.gateway,
    says: "the shared gateway is used when no gateway is named",
    mend: "remove it",
    in: ["networking"],
    check: { forbid: { value: "gateway", in: ["shared"] } },
    at: "gateway",
    shows: ["gateway"],
  },
  {
    id: "balancer-network",
    page: pages.network,
    says: "a load balancer needs the network of the service",
    mend: "set vpc_id, vswitch_id and security_group_id of cloud.networking",
    when: { some: "networking.nlb", item: { given: "id" } },
    check: { require: { given: "cloud.networking.vpc_id" } },
    at: "cloud.networking",
  },
  {
    id: "balancer-zones",
    page: pages.network,
    says: "a load balancer needs switches in two zones at least",
    mend: "name them with a comma between: vsw-a,vsw-b",
    when: {
      all: [{ some: "networking.nlb", item: { given: "id" } }, { given: "cloud.networking.vswitch_id" }],
    },
    check: { require: { text: "cloud.networking.vswitch_id", like: "[^,],[^,]" } },
    at: "cloud.networking.vswitch_id",
    shows: ["cloud.networking.vswitch_id"],
  },
  {
    id: "balancer-port",
    page: pages.network,
    says: "8080 belongs to the engine of EAS",
    mend: "choose another port",
    in: ["networking.nlb[]"],
    check: { forbid: { value: "listener_port", in: [8080] } },
    at: "listener_port",
    shows: ["listener_port"],
  },

  // What is kept, and what is secret
  {
    id: "sinker-type",
    page: pages.parameters,
    says: "a sinker needs a type",
    mend: "set it to maxcompute or sls",
    in: ["sinker"],
    check: { require: { given: "type" } },
    at: "type",
  },
  {
    id: "sinker-maxcompute",
    page: pages.parameters,
    says: "records in MaxCompute need a project and a table",
    mend: "set config.maxcompute.project and config.maxcompute.table",
    in: ["sinker"],
    when: { value: "type", in: ["maxcompute"] },
    check: {
      require: { all: [{ given: "config.maxcompute.project" }, { given: "config.maxcompute.table" }] },
    },
    at: "config.maxcompute",
  },
  {
    id: "sinker-sls",
    page: pages.parameters,
    says: "records in Simple Log Service need a project and a log store",
    mend: "set config.sls.project and config.sls.logstore",
    in: ["sinker"],
    when: { value: "type", in: ["sls"] },
    check: { require: { all: [{ given: "config.sls.project" }, { given: "config.sls.logstore" }] } },
    at: "config.sls",
  },
  {
    id: "confidential-together",
    page: pages.parameters,
    says: "confidential computing needs trustee_endpoint and decryption_key",
    mend: "set this one too",
    in: ["confidential"],
    check: { together: ["trustee_endpoint", "decryption_key"] },
  },
  {
    id: "confidential-storage",
    page: pages.parameters,
    severity: "warning",
    says: "confidential computing is about files that are mounted",
    mend: "mount them with storage",
    when: { given: "confidential.trustee_endpoint" },
    check: { require: { given: "storage" } },
    at: "storage",
  },
];

const image = "registry.example.com/team/server:1";
const http_get = { path: "/" };

/**
 * For each rule a configuration that it accepts and one that it refuses, or warns of; all have the name `svc` when
 * they give none. Apart from the rules, so that what is only for tests and readers is left out of bundles.
 */
export const ruleExamples: Readonly<Record<string, { accepted: object; refused: object }>> = {
  "name-missing": { accepted: { metadata: { name: "iris" }, name: null }, refused: { name: null } },
  "two-names": {
    accepted: { name: "iris", metadata: { name: "iris" } },
    refused: { name: "iris", metadata: { name: "lily" } },
  },
  "processor-or-containers": {
    accepted: { containers: [{ image }] },
    refused: { containers: [{ image }], processor: "pmml" },
  },
  "custom-processor-type": {
    accepted: { processor_path: "oss://models/p.tar.gz", processor_type: "cpp", processor_entry: "libp.so" },
    refused: { processor_path: "oss://models/p.tar.gz" },
  },
  "custom-processor-entry": {
    accepted: { processor_type: "python", processor_entry: "app.py" },
    refused: { processor_type: "python" },
  },
  "custom-processor-mainclass": {
    accepted: { processor_type: "java", processor_mainclass: "com.example.Processor" },
    refused: { processor_type: "java", processor_entry: "app.py" },
  },
  "two-processors": {
    accepted: { processor: "pmml", processor_path: "" },
    refused: {
      processor: "pmml",
      processor_path: "oss://models/p.tar.gz",
      processor_type: "cpp",
      processor_entry: "libp.so",
    },
  },
  "processor-without-model": {
    accepted: { processor: "pmml", model_path: "oss://models/iris.pmml" },
    refused: { processor: "pmml" },
  },
  "nothing-to-run": {
    accepted: { metadata: { type: "LLMGatewayService" } },
    refused: { metadata: { cpu: 1 } },
  },
  "unknown-type": { accepted: { metadata: { type: "Async" } }, refused: { metadata: { type: "async" } } },
  "queue-without-async": {
    accepted: { metadata: { type: "Async" }, queue: { cpu: 1 } },
    refused: { queue: { cpu: 1 } },
  },
  "command-or-script": {
    accepted: { containers: [{ image, script: "cd /app && ./serve" }] },
    refused: { containers: [{ image, script: "./serve", command: "./serve" }] },
  },
  "single-command": {
    accepted: { containers: [{ image, command: "bash -c 'cd /app && ./serve'" }] },
    refused: { containers: [{ image, command: "cd /app && ./serve" }] },
  },
  "reserved-port": {
    accepted: { containers: [{ image, port: 8000 }] },
    refused: { containers: [{ image, port: 8080 }] },
  },
  "same-port": {
    accepted: { containers: [{ image, port: 8000 }, { image, port: 8001 }] },
    refused: { containers: [{ image, port: 8000 }, { image, port: 8000 }] },
  },
  "same-variable": {
    accepted: { processor_envs: [{ name: "A", value: "1" }, { name: "B", value: "2" }] },
    refused: { processor_envs: [{ name: "A", value: "1" }, { name: "A", value: "2" }] },
  },
  "two-requirements": {
    accepted: { containers: [{ image, prepare: { pythonRequirements: ["numpy"] } }] },
    refused: {
      containers: [{ image, prepare: { pythonRequirements: ["numpy"], pythonRequirementsPath: "/r.txt" } }],
    },
  },
  "two-check-methods": {
    accepted: { containers: [{ image, health_check: { http_get } }] },
    refused: { containers: [{ image, health_check: { http_get, tcp_socket: { port: 8000 } } }] },
  },
  "no-check-method": {
    accepted: { containers: [{ image, startup_check: { tcp_socket: {} } }] },
    refused: { containers: [{ image, startup_check: { period_seconds: 5 } }] },
  },
  "success-threshold": {
    accepted: { containers: [{ image, health_check: { http_get, success_threshold: 2 } }] },
    refused: { containers: [{ image, liveness_check: { http_get, success_threshold: 2 } }] },
  },
  "two-readiness-checks": {
    accepted: { containers: [{ image, readiness_check: { http_get } }] },
    refused: { containers: [{ image, health_check: { http_get }, readiness_check: { http_get } }] },
  },
  "mount-path-missing": {
    accepted: { storage: [{ mount_path: "/mnt/data", empty_dir: {} }] },
    refused: { storage: [{ empty_dir: {} }] },
  },
  "mount-source-missing": {
    accepted: { storage: [{ mount_path: "/mnt/data", source_of_tomorrow: {} }] },
    refused: { storage: [{ mount_path: "/mnt/data", properties: { resource_type: "model" } }] },
  },
  "two-mount-sources": {
    accepted: { storage: [{ mount_path: "/mnt/data", oss: { path: "oss://models/a/" } }] },
    refused: { storage: [{ mount_path: "/mnt/data", oss: { path: "oss://models/a/" }, empty_dir: {} }] },
  },
  "same-mount-path": {
    accepted: { storage: [{ mount_path: "/a", empty_dir: {} }, { mount_path: "/ab", empty_dir: {} }] },
    refused: { storage: [{ mount_path: "/a", empty_dir: {} }, { mount_path: "/a/", empty_dir: {} }] },
  },
  "nested-mount-path": {
    accepted: { storage: [{ mount_path: "/a", empty_dir: {} }, { mount_path: "/ab", empty_dir: {} }] },
    refused: { storage: [{ mount_path: "/a/b", empty_dir: {} }, { mount_path: "/a", empty_dir: {} }] },
  },
  "reserved-mount-path": {
    accepted: { storage: [{ mount_path: "/dev/shm", empty_dir: { medium: "memory", size_limit: 8 } }] },
    refused: { storage: [{ mount_path: "/usr/", empty_dir: {} }] },
  },
  "oss-folder": {
    accepted: { storage: [{ mount_path: "/m", oss: { path: "oss://models/iris/" } }] },
    refused: { storage: [{ mount_path: "/m", oss: { path: "oss://models/iris" } }] },
  },
  "git-credentials": {
    accepted: { storage: [{ mount_path: "/m", git: { repo: "https://example.com/a.git", username: "me" } }] },
    refused: { storage: [{ mount_path: "/m", git: { repo: "https://me:secret@example.com/a.git" } }] },
  },
  "two-machine-lists": {
    accepted: { cloud: { computing: { instance_type: "ecs.c7.large", instances: null } } },
    refused: {
      cloud: { computing: { instance_type: "ecs.c7.large", instances: [{ type: "ecs.c7.large" }] } },
    },
  },
  "machine-and-figures": {
    accepted: { cloud: { computing: { instance_type: "ecs.c7.large" } }, metadata: { instance: 1 } },
    refused: { cloud: { computing: { instance_type: "ecs.c7.large" } }, metadata: { cpu: 2, memory: 4000 } },
  },
  "group-and-machine": {
    accepted: {
      cloud: { computing: { instance_type: "ecs.c7.large" } },
      metadata: { resource: "eas-r-1", resource_burstable: true },
    },
    refused: { cloud: { computing: { instance_type: "ecs.c7.large" } }, metadata: { resource: "eas-r-1" } },
  },
  "no-resources": {
    accepted: { metadata: { cpu: 1, memory: 1000 } },
    refused: { metadata: { instance: 1 } },
  },
  "cpu-with-memory": { accepted: { metadata: { cpu: 1, memory: 1000 } }, refused: { metadata: { cpu: 1 } } },
  "whole-or-shared-gpu": {
    accepted: { metadata: { gpu: 0, gpu_memory: 10 } },
    refused: { metadata: { gpu: 1, gpu_memory: 10 } },
  },
  "shared-gpu-memory": {
    accepted: { metadata: { gpu_core_percentage: 10, gpu_memory: 4 } },
    refused: { metadata: { gpu_core_percentage: 10 } },
  },
  "shared-gpu-group": {
    accepted: { metadata: { gpu_memory: 4, resource: "eas-r-1" } },
    refused: { metadata: { gpu_memory: 4 } },
  },
  "disk-size": { accepted: { metadata: { disk: "2000Gi" } }, refused: { metadata: { disk: "2001Gi" } } },
  "cuda-version": { accepted: { metadata: { cuda: "11.2" } }, refused: { metadata: { cuda: "12.1" } } },
  "spot-protection": {
    accepted: {
      cloud: {
        computing: {
          instances: [{ type: "ecs.c7.large", spot_price_limit: 1 }],
          disable_spot_protection_period: true,
        },
      },
    },
    refused: {
      cloud: { computing: { instances: [{ type: "ecs.c7.large" }], disable_spot_protection_period: true } },
    },
  },
  "spot-alone": {
    accepted: {
      cloud: {
        computing: { instances: [{ type: "ecs.c7.large", spot_price_limit: 1 }, { type: "ecs.c7.large" }] },
      },
    },
    refused: { cloud: { computing: { instances: [{ type: "ecs.c7.large", spot_price_limit: 1 }] } } },
  },
  "autoscaler-range": {
    accepted: { autoscaler: { min: 1, max: 2 } },
    refused: { autoscaler: { min: 3, max: 2 } },
  },
  "autoscaler-still": {
    accepted: { autoscaler: { min: 1, max: 2 } },
    refused: { autoscaler: { min: 2, max: 2 } },
  },
  "autoscaler-instances": {
    accepted: { metadata: { instance: 2 }, autoscaler: { min: 1, max: 2 } },
    refused: { metadata: { instance: 3 }, autoscaler: { min: 1, max: 2 } },
  },
  "two-strategies": {
    accepted: { autoscaler: { strategies: { qps: 10 } } },
    refused: {
      autoscaler: { strategies: { qps: 10 }, scaleStrategies: [{ metricName: "qps", threshold: 10 }] },
    },
  },
  "stuck-update": {
    accepted: { metadata: { rolling_strategy: { max_surge: "2%", max_unavailable: 0 } } },
    refused: { metadata: { rolling_strategy: { max_surge: 0, max_unavailable: "0%" } } },
  },
  "batching-processor": {
    accepted: { processor: "pmml", metadata: { rpc: { batching: true } } },
    refused: { containers: [{ image }], metadata: { rpc: { batching: true } } },
  },
  "batch-without-batching": {
    accepted: { metadata: { rpc: { batching: true, max_batch_size: 8 } } },
    refused: { metadata: { rpc: { max_batch_size: 8 } } },
  },
  "limit-without-value": {
    accepted: { networking: { gateway_policy: { rate_limit: { enable: true, limit: 100 } } } },
    refused: { networking: { gateway_policy: { rate_limit: { enable: true } } } },
  },
  "network-together": {
    accepted: { cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" } } },
    refused: { cloud: { networking: { vpc_id: "vpc-1" } } },
  },
  "shared-gateway": {
    accepted: { networking: { gateway: "gw-1" } },
    refused: { networking: { gateway: "shared" } },
  },
  "balancer-network": {
    accepted: {
      networking: { nlb: [{ id: "default", listener_port: 9090 }] },
      cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1,vsw-2", security_group_id: "sg-1" } },
    },
    refused: { networking: { nlb: [{ id: "default", listener_port: 9090 }] } },
  },
  "balancer-zones": {
    accepted: {
      networking: { nlb: [{ id: "default", listener_port: 9090 }] },
      cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1,vsw-2", security_group_id: "sg-1" } },
    },
    refused: {
      networking: { nlb: [{ id: "default", listener_port: 9090 }] },
      cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" } },
    },
  },
  "balancer-port": {
    accepted: {
      networking: { nlb: [{ id: "nlb-1", listener_port: 80 }] },
      cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1,vsw-2", security_group_id: "sg-1" } },
    },
    refused: {
      networking: { nlb: [{ id: "nlb-1", listener_port: 8080 }] },
      cloud: { networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1,vsw-2", security_group_id: "sg-1" } },
    },
  },
  "sinker-type": {
    accepted: { sinker: { type: "sls", config: { sls: { project: "logs", logstore: "iris" } } } },
    refused: { sinker: { config: { sls: { project: "logs", logstore: "iris" } } } },
  },
  "sinker-maxcompute": {
    accepted: { sinker: { type: "maxcompute", config: { maxcompute: { project: "p", table: "t" } } } },
    refused: { sinker: { type: "maxcompute", config: { maxcompute: { project: "p" } } } },
  },
  "sinker-sls": {
    accepted: { sinker: { type: "sls", config: { sls: { project: "logs", logstore: "iris" } } } },
    refused: { sinker: { type: "sls", config: { maxcompute: { project: "p", table: "t" } } } },
  },
  "confidential-together": {
    accepted: { confidential: { trustee_endpoint: "https://kbs", decryption_key: "kbs:///default/key/1" } },
    refused: { confidential: { decryption_key: "kbs:///default/key/1" } },
  },
  "confidential-storage": {
    accepted: {
      confidential: { trustee_endpoint: "https://kbs", decryption_key: "kbs:///default/key/1" },
      storage: [{ mount_path: "/m", oss: { path: "oss://models/sealed/" } }],
    },
    refused: { confidential: { trustee_endpoint: "https://kbs", decryption_key: "kbs:///default/key/1" } },
  },
};
