/**
 * Service configurations that must be refused before anything is sent.
 *
 * @module
 */

/** A configuration and one of the things that are wrong with it. */
export interface BadConfig {
  /** The configuration. */
  config: Record<string, unknown>;
  /** Where it is wrong. */
  path: string;
  /** What is told, whole. */
  message: string;
  /** Set when a deployment makes another configuration of it, or fails before: on an address, or what is no mount. */
  onlyWhole?: true;
}

const image = "registry.example.com/team/server:1";
const http_get = { path: "/health" };
const oss = { path: "oss://models/iris/" };
const network = { vpc_id: "vpc-1", vswitch_id: "vsw-1,vsw-2", security_group_id: "sg-1" };

const trees = (more: object): Record<string, unknown> => ({
  name: "svc",
  processor: "xgboost",
  model_path: "oss://models/trees/",
  ...more,
});
const served = (container: object, more: object = {}): Record<string, unknown> => ({
  name: "svc",
  containers: [{ image, port: 8000, ...container }],
  ...more,
});
const mounted = (...storage: unknown[]): Record<string, unknown> => served({}, { storage });
const metadata = (values: object): Record<string, unknown> => trees({ metadata: values });
const rpc = (values: object): Record<string, unknown> => metadata({ rpc: values });
const computing = (values: object): Record<string, unknown> => trees({ cloud: { computing: values } });

const name = "a service name has 3 to 63 characters of a-z, 0-9 and _, and starts with a letter";
const oneWay = "a check is made in one way: http_get, tcp_socket or exec";
const command = "command is a single command, without a shell; write it as script";
const folder =
  "the folder belongs to the system of the container; mount at a folder of your own, such as /mnt/data/";
const engine =
  "8080 and 9090 belong to the engine of EAS; let the server listen on another port, such as 8000";
const address =
  "a model is at an oss:// address or an http(s):// archive; files of this machine are uploaded with fromDisk(path)";
const whole = "a whole number is needed";
const text = "a text is needed";

/** All of them; secrets in them are the word `s3cr3t`. */
export const badConfigs: readonly BadConfig[] = [
  // Names
  {
    config: { processor: "pmml" },
    path: "name",
    message: "a service needs a name; set name",
    onlyWhole: true,
  },
  { config: trees({ name: "Iris" }), path: "name", message: `"Iris": ${name}` },
  { config: trees({ name: "my-svc" }), path: "name", message: `"my-svc": ${name}` },
  { config: trees({ name: "ab" }), path: "name", message: `"ab": ${name}` },
  { config: trees({ name: "1st_svc" }), path: "name", message: `"1st_svc": ${name}` },
  {
    config: trees({ name: "a".repeat(64) }),
    path: "name",
    message: `"${"a".repeat(60)}…": ${name}`,
  },
  { config: trees({ name: 7 }), path: "name", message: '7: a text is needed; write "7"' },
  {
    config: { processor: "pmml", metadata: { name: "Svc" } },
    path: "metadata.name",
    message: `"Svc": ${name}`,
    onlyWhole: true,
  },
  {
    config: metadata({ name: "lily" }),
    path: "metadata.name",
    message:
      'name is "svc", metadata.name is "lily": name and metadata.name are two places for the same name; remove one of them',
    onlyWhole: true,
  },

  // Top-level values
  { config: trees({ token: 5 }), path: "token", message: "a number: a text is needed; write it in quotes" },
  {
    config: trees({ token: ["s3cr3t"] }),
    path: "token",
    message: "a list: a text is needed; write that instead",
  },
  { config: trees({ labels: { team: 7 } }), path: "labels.team", message: '7: a text is needed; write "7"' },
  {
    config: trees({ labels: ["a"] }),
    path: "labels",
    message: "a list: an object is needed; write that instead",
  },
  { config: trees({ model_path: "./model" }), path: "model_path", message: `"./model": ${address}` },
  {
    config: trees({ model_path: "oss:///m" }),
    path: "model_path",
    message: `"oss:///m": ${address}`,
    onlyWhole: true,
  },
  {
    config: trees({ model_path: "OSS://models/m" }),
    path: "model_path",
    message: `"OSS://models/m": ${address}`,
  },
  {
    config: trees({ oss_endpoint: "oss://cn" }),
    path: "oss_endpoint",
    message: '"oss://cn": an endpoint is a host name, such as oss-cn-beijing.aliyuncs.com',
  },
  {
    config: trees({ model_config: [1] }),
    path: "model_config",
    message: "a list: a text or an object is needed; write that instead",
  },
  {
    config: trees({ warm_up_data_path: "/data/warm" }),
    path: "warm_up_data_path",
    message: '"/data/warm": the requests are at an oss:// address',
  },
  { config: trees({ processor: 2.7 }), path: "processor", message: '2.7: a text is needed; write "2.7"' },
  {
    config: trees({ processor_type: "pyhton", processor_entry: "a.py" }),
    path: "processor_type",
    message: '"pyhton": "cpp", "java" or "python" is needed; did you mean "python"?',
  },
  {
    config: trees({ processor_envs: { A: "1" } }),
    path: "processor_envs",
    message: "an object: a list is needed; write it in brackets",
  },
  {
    config: trees({ features: { "eas.aliyun.com/x": {} } }),
    path: 'features["eas.aliyun.com/x"]',
    message: "an object: a text, a number or true or false is needed; write that instead",
  },
  {
    config: trees({ runtime: { enable_crash_block: "true" } }),
    path: "runtime.enable_crash_block",
    message: '"true": true or false is needed; write true, without quotes',
  },
  { config: trees({ unit: { size: 0 } }), path: "unit.size", message: "0: at least 1 is needed" },
  { config: trees({ unit: { size: 1.5 } }), path: "unit.size", message: `1.5: ${whole}; round it to 2` },
  {
    config: trees({ aimaster: "on" }),
    path: "aimaster",
    message: '"on": an object is needed; write that instead',
  },

  // What runs
  {
    config: served({}, { processor: "pmml" }),
    path: "containers",
    message:
      'processor is "pmml": a service runs a processor or containers, not both; remove processor and processor_path, or containers',
  },
  {
    config: served({}, {
      processor_path: "oss://models/p.tar.gz",
      processor_type: "cpp",
      processor_entry: "l.so",
    }),
    path: "containers",
    message:
      "a service runs a processor or containers, not both; remove processor and processor_path, or containers",
  },
  {
    config: { name: "svc", processor_path: "oss://models/p.tar.gz" },
    path: "processor_type",
    message:
      "a custom processor is described by processor_path and processor_type; set processor_type to cpp, java or python",
  },
  {
    config: { name: "svc", processor_path: "p.tar.gz", processor_type: "cpp", processor_entry: "l.so" },
    path: "processor_path",
    message: '"p.tar.gz": a processor is at an oss:// address or an http(s):// archive',
  },
  {
    config: { name: "svc", processor_path: "oss://models/p.tar.gz", processor_type: "python" },
    path: "processor_entry",
    message:
      "a custom processor in C++ or Python needs processor_entry; set it to the main file, such as libprocessor.so or app.py",
  },
  {
    config: { name: "svc", processor_path: "oss://models/p.jar", processor_type: "java" },
    path: "processor_mainclass",
    message:
      "a custom processor in Java needs processor_mainclass; set it to the main class, such as com.example.Processor",
  },

  // Containers
  {
    config: { name: "svc", containers: [] },
    path: "containers",
    message: "an empty list: at least 1 item is needed; add one, or remove the list",
  },
  {
    config: { name: "svc", containers: { image } },
    path: "containers",
    message: "an object: a list is needed; write it in brackets",
  },
  {
    config: { name: "svc", containers: [image] },
    path: "containers[0]",
    message: `"${image}": an object is needed; write that instead`,
  },
  {
    config: { name: "svc", containers: [{ port: 8000 }] },
    path: "containers[0].image",
    message: "image is missing; add it",
  },
  {
    config: served({ image: "" }),
    path: "containers[0].image",
    message: '"": an image address has no spaces',
  },
  {
    config: served({ image: "a b" }),
    path: "containers[0].image",
    message: '"a b": an image address has no spaces',
  },
  { config: served({ port: 8080 }), path: "containers[0].port", message: `port is 8080: ${engine}` },
  { config: served({ port: 9090 }), path: "containers[0].port", message: `port is 9090: ${engine}` },
  {
    config: served({ port: "8000" }),
    path: "containers[0].port",
    message: `"8000": ${whole}; write 8000, without quotes`,
  },
  {
    config: served({ port: 0 }),
    path: "containers[0].port",
    message: "0: a number from 1 to 65535 is needed",
  },
  {
    config: served({ port: 65536 }),
    path: "containers[0].port",
    message: "65536: a number from 1 to 65535 is needed",
  },
  { config: served({ port: 80.5 }), path: "containers[0].port", message: `80.5: ${whole}; round it to 81` },
  {
    config: served({ script: "./serve", command: "./serve" }),
    path: "containers[0].script",
    message:
      "command and script are two ways to say how the server starts; remove one of them; script takes shell text",
  },
  { config: served({ command: "cd /app && ./serve" }), path: "containers[0].command", message: command },
  { config: served({ command: "export A=1" }), path: "containers[0].command", message: command },
  { config: served({ command: "./a; ./b" }), path: "containers[0].command", message: command },
  { config: served({ command: "./a | tee log" }), path: "containers[0].command", message: command },
  { config: served({ command: "./a\n./b" }), path: "containers[0].command", message: command },
  {
    config: served({ command: ["python", "app.py"] }),
    path: "containers[0].command",
    message: `a list: ${text}; write that instead`,
  },
  {
    config: served({ args: "-v" }),
    path: "containers[0].args",
    message: '"-v": a list is needed; write it in brackets',
  },
  {
    config: served({ env: { A: "1" } }),
    path: "containers[0].env",
    message: "an object: a list is needed; write it in brackets",
  },
  {
    config: served({ env: [{ name: "A", value: 1 }] }),
    path: "containers[0].env[0].value",
    message: "a number: a text is needed; write it in quotes",
  },
  {
    config: served({ env: [{ name: "A" }] }),
    path: "containers[0].env[0].value",
    message: "value is missing; add it",
  },
  {
    config: served({ env: [{ name: "1A", value: "s3cr3t" }] }),
    path: "containers[0].env[0].name",
    message: '"1A": the name of a variable has letters, digits, -, . and _, and starts with no digit',
  },
  {
    config: served({ prepare: { pythonRequirements: "numpy" } }),
    path: "containers[0].prepare.pythonRequirements",
    message: '"numpy": a list is needed; write it in brackets',
  },
  {
    config: served({ prepare: { pythonRequirements: ["numpy", 2] } }),
    path: "containers[0].prepare.pythonRequirements[1]",
    message: '2: a text is needed; write "2"',
  },
  {
    config: { name: "svc", containers: [{ image, port: 8000 }, { image, port: 8000 }] },
    path: "containers[1].port",
    message:
      "port is 8000: containers of a service share their network, so each needs a port of its own; let one of them listen on another port",
  },
  {
    config: { name: "svc", containers: [{ image, port: 8000 }, { image, port: 9090 }] },
    path: "containers[1].port",
    message: `port is 9090: ${engine}`,
  },
  {
    config: served({}, { dockerAuth: "me:s3cr3t" }),
    path: "dockerAuth",
    message: "a text: it is the Base64 of user:password; encode that",
  },

  // Checks
  {
    config: served({ health_check: {} }),
    path: "containers[0].health_check",
    message: `${oneWay}; add one, such as "http_get": { "path": "/" }`,
  },
  {
    config: served({ startup_check: { http_get, tcp_socket: {} } }),
    path: "containers[0].startup_check.tcp_socket",
    message: `${oneWay}; remove all but one`,
  },
  {
    config: served({ liveness_check: { http_get, success_threshold: 3 } }),
    path: "containers[0].liveness_check.success_threshold",
    message:
      "success_threshold is 3: one success is enough for a startup or liveness check; remove success_threshold",
  },
  {
    config: served({ readiness_check: { exec: { command: "test -f /ready" } } }),
    path: "containers[0].readiness_check.exec.command",
    message: '"test -f /ready": a list is needed; write it in brackets',
  },
  {
    config: served({ health_check: { http_get: { path: "/", port: 70000 } } }),
    path: "containers[0].health_check.http_get.port",
    message: "70000: a number from 1 to 65535 is needed",
  },
  {
    config: served({ health_check: { http_get: { scheme: "http" } } }),
    path: "containers[0].health_check.http_get.scheme",
    message: '"http": "HTTP" or "HTTPS" is needed; did you mean "HTTP"?',
  },
  {
    config: served({ health_check: { http_get, period_seconds: 0 } }),
    path: "containers[0].health_check.period_seconds",
    message: "0: at least 1 is needed",
  },
  {
    config: served({ health_check: { http_get, initial_delay_seconds: -5 } }),
    path: "containers[0].health_check.initial_delay_seconds",
    message: "-5: at least 0 is needed",
  },

  // Storage
  {
    config: served({}, { storage: { mount_path: "/m", oss } }),
    path: "storage",
    message: "an object: a list is needed; write it in brackets",
    onlyWhole: true,
  },
  {
    config: mounted("oss://models/iris/"),
    path: "storage[0]",
    message: '"oss://models/iris/": an object is needed; write that instead',
    onlyWhole: true,
  },
  {
    config: mounted({ oss }),
    path: "storage[0].mount_path",
    message: "a mount needs a path; set mount_path, such as /mnt/data/",
  },
  {
    config: mounted({ mount_path: "m", oss }),
    path: "storage[0].mount_path",
    message: '"m": a mount path is absolute: it starts with /',
  },
  {
    config: mounted({ mount_path: "/", oss }),
    path: "storage[0].mount_path",
    message: `mount_path is "/": ${folder}`,
  },
  {
    config: mounted({ mount_path: "/etc", oss }),
    path: "storage[0].mount_path",
    message: `mount_path is "/etc": ${folder}`,
  },
  {
    config: mounted({ mount_path: "/usr/", oss }),
    path: "storage[0].mount_path",
    message: `mount_path is "/usr/": ${folder}`,
  },
  {
    config: mounted({ mount_path: "/m" }),
    path: "storage[0]",
    message:
      'mount_path is "/m": a mount has a source: oss, nfs, git, image, empty_dir, dataset, cache; add one',
  },
  {
    config: mounted({ mount_path: "/m", oss, empty_dir: {} }),
    path: "storage[0].empty_dir",
    message: 'mount_path is "/m": a mount has one source; make an entry of its own for the other',
  },
  {
    config: mounted({ mount_path: "/m", oss }, { mount_path: "/m/", empty_dir: {} }),
    path: "storage[1].mount_path",
    message: 'mount_path is "/m/": two mounts can\'t be at the same path; mount one of them elsewhere',
  },
  {
    config: mounted({ mount_path: "/m", oss: {} }),
    path: "storage[0].oss.path",
    message: "path is missing; add it",
  },
  {
    config: mounted({ mount_path: "/m", oss: { path: "models/iris/" } }),
    path: "storage[0].oss.path",
    message: '"models/iris/": an OSS folder is written oss://bucket/folder/',
  },
  {
    config: mounted({ mount_path: "/m", oss: { ...oss, readOnly: "yes" } }),
    path: "storage[0].oss.readOnly",
    message: '"yes": true or false is needed; write that instead',
  },
  {
    config: mounted({ mount_path: "/m", oss: { ...oss, endpoint: "oss cn" } }),
    path: "storage[0].oss.endpoint",
    message: '"oss cn": an endpoint is a host name, such as oss-cn-shanghai-internal.aliyuncs.com',
  },
  {
    config: mounted({ mount_path: "/m", nfs: { path: "/" } }),
    path: "storage[0].nfs.server",
    message: "server is missing; add it",
  },
  {
    config: mounted({ mount_path: "/m", nfs: { server: "nfs://a.nas.aliyuncs.com", path: "/" } }),
    path: "storage[0].nfs.server",
    message:
      '"nfs://a.nas.aliyuncs.com": the server is a host name, such as 0a1b2c-xyz.cn-hangzhou.nas.aliyuncs.com',
  },
  {
    config: mounted({ mount_path: "/m", nfs: { server: "a.nas.aliyuncs.com", path: "data" } }),
    path: "storage[0].nfs.path",
    message: '"data": an exported path starts with /',
  },
  {
    config: mounted({ mount_path: "/m", git: { repo: "git@github.com:a/b.git", password: "s3cr3t" } }),
    path: "storage[0].git.repo",
    message:
      '"git@github.com:a/b.git": a repository is named by its https:// address; the git protocol is not supported',
  },
  {
    config: mounted({
      mount_path: "/m",
      git: { repo: "https://example.com/a.git", password: { s3cr3t: 1 } },
    }),
    path: "storage[0].git.password",
    message: "an object: a text is needed; write that instead",
  },
  {
    config: mounted({ mount_path: "/m", image: { image } }),
    path: "storage[0].image.path",
    message: "path is missing; add it",
  },
  {
    config: mounted({ mount_path: "/dev/shm", empty_dir: { medium: "Memory" } }),
    path: "storage[0].empty_dir.medium",
    message: '"Memory": "memory" is needed; did you mean "memory"?',
  },
  {
    config: mounted({ mount_path: "/dev/shm", empty_dir: { medium: "memory", size_limit: "8Gi" } }),
    path: "storage[0].empty_dir.size_limit",
    message: '"8Gi": a number is needed; write that instead',
  },
  {
    config: mounted({ mount_path: "/dev/shm", empty_dir: { size_limit: 0 } }),
    path: "storage[0].empty_dir.size_limit",
    message: "0: a number above 0 is needed",
  },
  {
    config: mounted({ mount_path: "/m", dataset: { version: "v1" } }),
    path: "storage[0].dataset.id",
    message: "id is missing; add it",
  },

  // Resources
  { config: metadata({ instance: -1 }), path: "metadata.instance", message: "-1: at least 0 is needed" },
  {
    config: metadata({ instance: "2" }),
    path: "metadata.instance",
    message: `"2": ${whole}; write 2, without quotes`,
  },
  {
    config: metadata({ workspace_id: 42 }),
    path: "metadata.workspace_id",
    message: '42: a text is needed; write "42"',
  },
  { config: metadata({ cpu: 0 }), path: "metadata.cpu", message: "0: a number above 0 is needed" },
  {
    config: metadata({ cpu: "4 cores" }),
    path: "metadata.cpu",
    message: '"4 cores": a number is needed; write that instead',
  },
  {
    config: metadata({ memory: "4Gi" }),
    path: "metadata.memory",
    message: `"4Gi": ${whole}; write that instead`,
  },
  { config: metadata({ memory: 0 }), path: "metadata.memory", message: "0: at least 1 is needed" },
  {
    config: metadata({ memory: 4000.5 }),
    path: "metadata.memory",
    message: `4000.5: ${whole}; round it to 4001`,
  },
  { config: metadata({ gpu: 0.5 }), path: "metadata.gpu", message: `0.5: ${whole}; round it to 1` },
  {
    config: metadata({ gpu_core_percentage: 120, gpu_memory: 4 }),
    path: "metadata.gpu_core_percentage",
    message: "120: a number from 0 to 100 is needed",
  },
  {
    config: metadata({ gpu_core_percentage: 20 }),
    path: "metadata.gpu_core_percentage",
    message: "gpu_core_percentage is 20: gpu_core_percentage needs gpu_memory; set gpu_memory, in GB",
  },
  {
    config: metadata({ qos: "besteffort" }),
    path: "metadata.qos",
    message: '"besteffort": "BestEffort" or "Guaranteed" is needed; did you mean "BestEffort"?',
  },
  {
    config: metadata({ cuda: 11.2 }),
    path: "metadata.cuda",
    message: '11.2: a text is needed; write "11.2"',
  },
  {
    config: metadata({ cuda: "cuda11" }),
    path: "metadata.cuda",
    message: '"cuda11": a CUDA version is written 11.2',
  },
  {
    config: metadata({ disk: "40GB" }),
    path: "metadata.disk",
    message: '"40GB": the size of a disk is written 40Gi',
  },
  {
    config: metadata({ disk: "2048Gi" }),
    path: "metadata.disk",
    message: 'disk is "2048Gi": a system disk has at most 2000 GiB; ask for less, or mount storage',
  },
  {
    config: metadata({ disk: 3000 }),
    path: "metadata.disk",
    message: "disk is 3000: a system disk has at most 2000 GiB; ask for less, or mount storage",
  },
  {
    config: metadata({ enable_grpc: "yes" }),
    path: "metadata.enable_grpc",
    message: '"yes": true or false is needed; write that instead',
  },
  {
    config: metadata({ scheduling: { spread: { policy: "hosts" } } }),
    path: "metadata.scheduling.spread.policy",
    message: '"hosts": "host", "zone" or "default" is needed; did you mean "host"?',
  },
  {
    config: metadata({ rolling_strategy: { max_surge: "2 %" } }),
    path: "metadata.rolling_strategy.max_surge",
    message: '"2 %": it is a count, or a share such as 2%',
  },
  {
    config: metadata({ rolling_strategy: { max_unavailable: -1 } }),
    path: "metadata.rolling_strategy.max_unavailable",
    message: "-1: at least 0 is needed",
  },
  {
    config: metadata({ "eas.termination_grace_period": "30s" }),
    path: 'metadata["eas.termination_grace_period"]',
    message: `"30s": ${whole}; write that instead`,
  },
  {
    config: computing({ instance_type: "ecs.c7.large", instances: [{ type: "ecs.c7.large" }] }),
    path: "cloud.computing.instances",
    message:
      'instance_type is "ecs.c7.large": instance_type and instances are two ways to say which machines; remove one of them',
  },
  {
    config: computing({ instances: ["ecs.c7.large"] }),
    path: "cloud.computing.instances[0]",
    message: '"ecs.c7.large": an object is needed; write that instead',
  },
  {
    config: computing({ instances: [{ spot_price_limit: 1 }] }),
    path: "cloud.computing.instances[0].type",
    message: "type is missing; add it",
  },
  {
    config: computing({ instances: [{ type: "ecs.c7.large", spot_price_limit: 0 }] }),
    path: "cloud.computing.instances[0].spot_price_limit",
    message: "0: a number above 0 is needed",
  },
  {
    config: computing({ instances: [{ type: "ecs.c7.large", capacity: "a fifth" }] }),
    path: "cloud.computing.instances[0].capacity",
    message: '"a fifth": it is a count, or a share such as 20%',
  },

  // Requests, scaling, network
  {
    config: rpc({ keepalive: "5s" }),
    path: "metadata.rpc.keepalive",
    message: `"5s": ${whole}; write that instead`,
  },
  { config: rpc({ keepalive: 0 }), path: "metadata.rpc.keepalive", message: "0: at least 1 is needed" },
  {
    config: rpc({ batching: "True" }),
    path: "metadata.rpc.batching",
    message: '"True": true or false is needed; write true, without quotes',
  },
  { config: rpc({ rate_limit: -1 }), path: "metadata.rpc.rate_limit", message: "-1: at least 0 is needed" },
  {
    config: rpc({ worker_threads: 0 }),
    path: "metadata.rpc.worker_threads",
    message: "0: at least 1 is needed",
  },
  {
    config: trees({ autoscaler: { min: 5, max: 2 } }),
    path: "autoscaler.min",
    message: "min is 5, max is 2: min is at most max; swap them",
  },
  { config: trees({ autoscaler: { max: 0 } }), path: "autoscaler.max", message: "0: at least 1 is needed" },
  {
    config: trees({ autoscaler: { strategies: { qps: "10" } } }),
    path: "autoscaler.strategies.qps",
    message: '"10": a number is needed; write 10, without quotes',
  },
  {
    config: trees({ autoscaler: { scaleStrategies: [{ metricName: "qps" }] } }),
    path: "autoscaler.scaleStrategies[0].threshold",
    message: "threshold is missing; add it",
  },
  {
    config: trees({ autoscaler: { behavior: { scaleDown: { stabilizationWindowSeconds: -1 } } } }),
    path: "autoscaler.behavior.scaleDown.stabilizationWindowSeconds",
    message: "-1: at least 0 is needed",
  },
  {
    config: trees({ queue: { max_delivery: -1 }, metadata: { type: "Async" } }),
    path: "queue.max_delivery",
    message: "-1: at least 0 is needed",
  },
  {
    config: trees({ networking: { gateway: "shared" } }),
    path: "networking.gateway",
    message: 'gateway is "shared": the shared gateway is used when no gateway is named; remove it',
  },
  {
    config: trees({ networking: { gateway_policy: { rate_limit: { enable: true } } } }),
    path: "networking.gateway_policy.rate_limit.limit",
    message: "a limit that is enabled has a value; set limit",
  },
  {
    config: trees({ networking: { nlb: [{ id: "default", listener_port: 9000 }] } }),
    path: "cloud.networking",
    message:
      "a load balancer needs the network of the service; set vpc_id, vswitch_id and security_group_id of cloud.networking",
  },
  {
    config: trees({
      networking: { nlb: [{ id: "default", listener_port: 9000 }] },
      cloud: { networking: { ...network, vswitch_id: "vsw-1" } },
    }),
    path: "cloud.networking.vswitch_id",
    message:
      'cloud.networking.vswitch_id is "vsw-1": a load balancer needs switches in two zones at least; name them with a comma between: vsw-a,vsw-b',
  },
  {
    config: trees({
      networking: { nlb: [{ id: "nlb-1", listener_port: 8080 }] },
      cloud: { networking: network },
    }),
    path: "networking.nlb[0].listener_port",
    message: "listener_port is 8080: 8080 belongs to the engine of EAS; choose another port",
  },
  {
    config: trees({
      networking: { nlb: [{ id: "nlb-1", listener_port: 80, netType: "vpc" }] },
      cloud: { networking: network },
    }),
    path: "networking.nlb[0].netType",
    message: '"vpc": "intranet" or "internet" is needed; choose one, or remove the key',
  },
  {
    config: trees({ cloud: { networking: { vpc_id: "vpc-1", security_group_id: "sg-1" } } }),
    path: "cloud.networking.vswitch_id",
    message: "a network is named by vpc_id, vswitch_id and security_group_id together; set this one too",
  },

  // What is kept, and what is secret
  {
    config: trees({ sinker: { type: "kafka" } }),
    path: "sinker.type",
    message: '"kafka": "maxcompute" or "sls" is needed; choose one, or remove the key',
  },
  {
    config: trees({ sinker: { config: { sls: { project: "p", logstore: "l" } } } }),
    path: "sinker.type",
    message: "a sinker needs a type; set it to maxcompute or sls",
  },
  {
    config: trees({ sinker: { type: "maxcompute", config: { maxcompute: { project: "p" } } } }),
    path: "sinker.config.maxcompute",
    message:
      "records in MaxCompute need a project and a table; set config.maxcompute.project and config.maxcompute.table",
  },
  {
    config: trees({ sinker: { type: "sls" } }),
    path: "sinker.config.sls",
    message:
      "records in Simple Log Service need a project and a log store; set config.sls.project and config.sls.logstore",
  },
  {
    config: trees({ confidential: { decryption_key: "kbs:///s3cr3t" } }),
    path: "confidential.trustee_endpoint",
    message: "confidential computing needs trustee_endpoint and decryption_key; set this one too",
  },
];
