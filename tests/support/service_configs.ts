/**
 * Service configurations that the vendor and public projects publish, which must all pass: the shapes are theirs, and
 * names, buckets, images and identifiers are invented.
 *
 * @module
 */

/** A published configuration and where it is. */
export interface PublishedConfig {
  /** What it is about. */
  title: string;
  /** The page. */
  source: string;
  /** The configuration, with other names. */
  config: Record<string, unknown>;
}

const guide = "https://www.alibabacloud.com/help/en/pai/user-guide";
const parameters = `${guide}/parameters-of-model-services`;
const storagePage = `${guide}/mount-storage-to-services`;
const createService = "https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-createservice";
const diffusion =
  "https://www.alibabacloud.com/help/en/pai/use-cases/deploy-stable-diffusion-api-service-with-pai-eas";
const skill =
  "https://github.com/aliyun/alibabacloud-aiops-skills/tree/HEAD/skills/aiml/learn/alibabacloud-pai-eas-service-deploy/references";
const diagnosis =
  "https://github.com/aliyun/alibabacloud-aiops-skills/tree/HEAD/skills/aiml/learn/alibabacloud-pai-eas-service-diagnose/references";
const python = "https://github.com/aliyun/pai-python-sdk/tree/HEAD/docs/source/user-guide/prediction";
const examples = "https://github.com/aliyun/pai-examples/tree/HEAD/pai-python-sdk";
const rag = "https://github.com/aigc-apps/PAI-RAG/blob/HEAD/docs/eas_deploy.md";

const image = "registry-vpc.cn-hangzhou.example.com/team/server:1.0";
const server = { image, port: 8000, script: "python app.py" };
const vllm = { image, port: 8000, command: "vllm serve /model_dir --port 8000 --trust-remote-code" };
const public1 = { computing: { instance_type: "ecs.gn7i-c16g1.4xlarge" } };
const network = { vpc_id: "vpc-1", vswitch_id: "vsw-a,vsw-b", security_group_id: "sg-1" };
const modelMount = { mount_path: "/model_dir", oss: { path: "oss://our-models/qwen/", readOnly: true } };
const modelHint = { properties: { resource_type: "model" } };

const fromParameters: Omit<PublishedConfig, "source">[] = [
  {
    title: "the first example",
    config: {
      metadata: { name: "demo_a", instance: 1, workspace_id: "1405" },
      cloud: { computing: { instances: [{ type: "ecs.c7a.large" }] } },
      containers: [server],
    },
  },
  {
    title: "the first example of an older edition, with cores and memory beside the machine",
    config: {
      cloud: { computing: { instances: [{ type: "ecs.c7a.large" }] } },
      containers: [server],
      metadata: { cpu: 2, instance: 1, memory: 4000, name: "demo_b" },
    },
  },
  {
    title: "the long example, as far as it is about a processor",
    config: {
      token: "invented-token",
      processor: "tensorflow_cpu_1.12",
      model_path: "oss://our-models/flowers/",
      oss_endpoint: "oss-cn-beijing.aliyuncs.com",
      model_entry: "",
      model_config: "",
      processor_path: "",
      processor_entry: "",
      processor_mainclass: "",
      processor_type: "",
      warm_up_data_path: "",
      runtime: { enable_crash_block: false },
      autoscaler: { min: 2, max: 5, strategies: { qps: 10 } },
      metadata: {
        name: "test_flowers",
        resource: "eas-r-9lkbl2jvdm0puv0000",
        instance: 1,
        gpu: 0,
        cpu: 1,
        memory: 2000,
        gpu_memory: 10,
        gpu_core_percentage: 10,
        qos: "",
        cuda: "11.2",
        enable_grpc: false,
        enable_webservice: false,
        rpc: {
          batching: false,
          keepalive: 5000,
          io_threads: 4,
          max_batch_size: 16,
          max_batch_timeout: 50,
          max_queue_size: 64,
          worker_threads: 5,
          rate_limit: 0,
          enable_sigterm: false,
        },
      },
    },
  },
  {
    title: "the long example, as far as it is about a container",
    config: {
      unit: { size: 2 },
      cloud: {
        computing: {
          instances: [
            { capacity: 800, type: "dedicated_resource" },
            { capacity: 200, type: "ecs.c7.4xlarge", spot_price_limit: 3.6 },
          ],
          disable_spot_protection_period: true,
        },
        networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" },
      },
      storage: [{
        mount_path: "/data_oss",
        oss: { endpoint: "oss-cn-shanghai-internal.aliyuncs.com", path: "oss://our-data/path/" },
      }],
      metadata: {
        name: "test_container",
        resource: "eas-r-9lkbl2jvdm0puv0000",
        instance: 1,
        rdma: 1,
        rolling_strategy: { max_surge: 1, max_unavailable: 1 },
        "eas.termination_grace_period": 30,
        scheduling: { spread: { policy: "host" } },
        resource_rebalancing: false,
        workload_type: "elasticjob",
        shm_size: 100,
      },
      features: {
        "eas.aliyun.com/extra-ephemeral-storage": "100Gi",
        "eas.aliyun.com/gpu-driver-version": "tesla=550.127.08",
      },
      networking: { gateway: "gw-m2vkzbpixm7mo0000" },
      containers: [{
        image,
        prepare: { pythonRequirements: ["numpy==1.16.4", "absl-py==0.11.0"] },
        command: "python app.py",
        port: 8000,
      }],
      dockerAuth: "aW52ZW50ZWQ6bm8tc2VjcmV0",
    },
  },
  {
    title: "spot instances, and a share of others",
    config: {
      name: "spots",
      containers: [server],
      cloud: {
        computing: {
          instances: [{ type: "ecs.c8i.2xlarge", spot_price_limit: 1 }, {
            type: "ecs.c8i.xlarge",
            capacity: "20%",
          }],
          disable_spot_protection_period: false,
        },
        networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" },
      },
    },
  },
  {
    title: "a requirements file",
    config: {
      name: "requirements",
      containers: [{ ...server, prepare: { pythonRequirementsPath: "/data_oss/requirements.txt" } }],
      cloud: public1,
    },
  },
  {
    title: "limits at the gateway",
    config: {
      name: "limited",
      containers: [server],
      cloud: public1,
      networking: {
        gateway_policy: {
          rate_limit: { enable: true, limit: 100 },
          concurrency_limit: { enable: true, limit: 50 },
        },
      },
    },
  },
  {
    title: "records in MaxCompute",
    config: {
      name: "recorded_a",
      processor: "pmml",
      model_path: "oss://our-models/iris.pmml",
      sinker: { type: "maxcompute", config: { maxcompute: { project: "records", table: "calls" } } },
    },
  },
  {
    title: "records in Simple Log Service",
    config: {
      name: "recorded_b",
      processor: "pmml",
      model_path: "oss://our-models/iris.pmml",
      sinker: { type: "sls", config: { sls: { project: "logs-of-k8s", logstore: "calls" } } },
    },
  },
  {
    title: "confidential computing",
    config: {
      name: "sealed",
      containers: [server],
      storage: [modelMount],
      confidential: { trustee_endpoint: "https://kbs.example.com", decryption_key: "kbs:///default/key/one" },
    },
  },
  {
    title: "spread over hosts",
    config: {
      metadata: { name: "spread", scheduling: { spread: { policy: "host" } } },
      containers: [server],
    },
  },
];

const others: PublishedConfig[] = [
  {
    title: "a custom processor in C++",
    source: "https://www.alibabacloud.com/help/en/ros/developer-reference/aliyun-pai-service",
    config: {
      metadata: { cpu: 1, instance: 1, memory: 1024 },
      name: "echo_one",
      processor_entry: "libecho.so",
      processor_path: "http://our-files.oss-cn-hangzhou.aliyuncs.com/echo.tar.gz",
      processor_type: "cpp",
    },
  },
  {
    title: "a custom processor with a model, in Terraform",
    source:
      "https://github.com/aliyun/terraform-provider-alicloud/blob/HEAD/website/docs/r/pai_service.html.markdown",
    config: {
      metadata: { cpu: 1, gpu: 0, instance: 1, memory: 2000, name: "echo_two", rpc: { keepalive: 70000 } },
      model_path: "http://our-files.oss-cn-shanghai.aliyuncs.com/echo.tar.gz",
      processor_entry: "libecho.so",
      processor_path: "http://our-files.oss-cn-shanghai.aliyuncs.com/echo.tar.gz",
      processor_type: "cpp",
    },
  },
  {
    title: "an image",
    source: createService,
    config: {
      name: "api_image",
      metadata: { instance: 2, memory: 7000, cpu: 4 },
      containers: [{ image, script: "./serve --listen=0.0.0.0 --server_port=8000 --headless", port: 8000 }],
      storage: [{ oss: { path: "oss://our-data/one/", readOnly: false }, ...modelHint, mount_path: "/data" }],
    },
  },
  {
    title: "an image with a web page",
    source: createService,
    config: {
      name: "api_web",
      metadata: { instance: 1, memory: 7000, cpu: 4, enable_webservice: true },
      containers: [{ image, script: "./serve --listen=0.0.0.0 --server_port=8000 --headless", port: 8000 }],
      storage: [{ oss: { path: "oss://our-data/one/", readOnly: false }, ...modelHint, mount_path: "/data" }],
    },
  },
  {
    title: "a model and a processor",
    source: "https://help.aliyun.com/document_detail/412086.html",
    config: {
      name: "api_model",
      model_path: "http://files.example.com/model.tar.gz",
      processor: "tensorflow_cpu",
      metadata: { instance: 2, memory: 7000, cpu: 4 },
    },
  },
  {
    title: "OSS",
    source: storagePage,
    config: {
      name: "mounts_oss",
      containers: [server],
      storage: [{ oss: { path: "oss://our-data/path/", readOnly: false }, mount_path: "/mnt/data/" }],
    },
  },
  {
    title: "OSS by an internal endpoint",
    source: "https://help.aliyun.com/document_detail/413364.htm",
    config: {
      name: "mounts_endpoint",
      storage: [{
        mount_path: "/data_oss",
        oss: { endpoint: "oss-cn-shanghai-internal.aliyuncs.com", path: "oss://our-data/path/" },
      }],
    },
  },
  {
    title: "NAS",
    source: "https://help.aliyun.com/document_detail/413364.htm",
    config: {
      name: "mounts_nas",
      storage: [{
        mount_path: "/data_nas",
        nfs: { path: "/", readOnly: false, server: "0a1b2c-xyz.cn-shanghai.nas.aliyuncs.com" },
      }],
    },
  },
  {
    title: "a git repository",
    source: "https://help.aliyun.com/document_detail/413364.htm",
    config: {
      name: "mounts_git",
      storage: [{
        mount_path: "/data_git",
        git: { repo: "https://codeup.aliyun.com/team/eas/app.git", username: "me", password: "invented" },
      }],
    },
  },
  {
    title: "a commit of a branch",
    source: `${skill}/storage-mount.md`,
    config: {
      name: "mounts_commit",
      containers: [server],
      storage: [{
        mount_path: "/mnt/data/",
        git: {
          repo: "https://codeup.aliyun.com/team/eas/app.git",
          branch: "master",
          commit: "0a1b2c3",
          username: "me",
          password: "invented",
        },
      }],
    },
  },
  {
    title: "an image's files",
    source: storagePage,
    config: {
      name: "mounts_image",
      storage: [{ mount_path: "/data_image", image: { image, path: "/path/to/mount/" } }],
    },
  },
  {
    title: "an empty folder",
    source: storagePage,
    config: { name: "mounts_empty", storage: [{ mount_path: "/data_image", empty_dir: {} }] },
  },
  {
    title: "shared memory",
    source: storagePage,
    config: {
      name: "mounts_memory",
      storage: [{ mount_path: "/dev/shm", empty_dir: { medium: "memory", size_limit: 20 } }],
    },
  },
  {
    title: "a dataset beside a model",
    source: `${skill}/storage-mount.md`,
    config: {
      metadata: { name: "mounts_dataset", instance: 1 },
      containers: [{ image, port: 8000 }],
      storage: [modelMount, {
        mount_path: "/mnt/dataset/",
        dataset: { id: "d-1", version: "v1", read_only: true },
      }],
    },
  },
  {
    title: "two folders of one bucket",
    source: `${skill}/storage-mount.md`,
    config: {
      name: "mounts_two",
      storage: [
        { mount_path: "/models", oss: { path: "oss://our-data/models/", readOnly: true } },
        { mount_path: "/data", oss: { path: "oss://our-data/data/", readOnly: false } },
      ],
    },
  },
  {
    title: "CPFS",
    source: `${skill}/storage-mount.md`,
    config: {
      name: "mounts_cpfs",
      storage: [{
        mount_path: "/mnt/data/",
        nfs: { path: "/", server: "cpfs-1.cn-hangzhou.cpfs.aliyuncs.com", readOnly: false },
      }],
    },
  },
  {
    title: "a start-up check by HTTP",
    source: `${diagnosis}/health-check.md`,
    config: {
      name: "checks_http",
      containers: [{
        ...server,
        startup_check: {
          http_get: { path: "/health", port: 8000, scheme: "HTTP" },
          initial_delay_seconds: 30,
          period_seconds: 10,
          timeout_seconds: 5,
          failure_threshold: 3,
          success_threshold: 1,
        },
      }],
    },
  },
  {
    title: "a liveness check by TCP",
    source: `${diagnosis}/health-check.md`,
    config: {
      name: "checks_tcp",
      containers: [{
        ...server,
        liveness_check: {
          tcp_socket: { port: 8000 },
          initial_delay_seconds: 15,
          period_seconds: 10,
          timeout_seconds: 5,
          failure_threshold: 3,
        },
      }],
    },
  },
  {
    title: "a readiness check by a command",
    source: `${diagnosis}/health-check.md`,
    config: {
      name: "checks_command",
      containers: [{
        ...server,
        readiness_check: {
          exec: { command: ["/bin/sh", "-c", "test -f /srv/ready"] },
          initial_delay_seconds: 5,
          period_seconds: 5,
          failure_threshold: 3,
        },
      }],
    },
  },
  {
    title: "public machines and a larger disk",
    source: `${guide}/work-with-the-public-resource-group`,
    config: {
      metadata: { name: "publicly", instance: 1, workspace_id: "1", disk: "40Gi" },
      cloud: {
        computing: {
          instances: [{ type: "ecs.c8i.2xlarge", spot_price_limit: 1 }, { type: "ecs.c8i.xlarge" }],
          disable_spot_protection_period: true,
        },
      },
      containers: [server],
    },
  },
  {
    title: "a share of a GPU",
    source: `${guide}/advanced-configuration-gpu-sharing`,
    config: { metadata: { name: "shared_gpu", gpu_core_percentage: 5, gpu_memory: 20 } },
  },
  {
    title: "a web page of Stable Diffusion, without instances",
    source: diffusion,
    config: {
      metadata: { instance: 1, name: "pictures_a", enable_webservice: true },
      containers: [{ image, script: "./webui.sh --listen --port 8000 --data-dir=/code/data", port: 8000 }],
      cloud: {
        computing: { instance_type: "ml.gu7i.c16m60.1-gu30", instances: null },
        networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" },
      },
      storage: [{
        oss: { path: "oss://our-data/pictures", readOnly: false },
        ...modelHint,
        mount_path: "/code/data",
      }],
    },
  },
  {
    title: "Stable Diffusion, asynchronous, with NAS and a dotted key",
    source: diffusion,
    config: {
      metadata: { name: "pictures_b", instance: 1, "rpc.worker_threads": 1, type: "Async" },
      cloud: { computing: { instance_type: "ml.gu7i.c16m60.1-gu30", instances: null } },
      queue: { cpu: 1, max_delivery: 1, memory: 4000, resource: "" },
      storage: [{
        nfs: { path: "/", server: "0a1b2c-fgh60.cn-hangzhou.nas.aliyuncs.com" },
        ...modelHint,
        mount_path: "/code/data",
      }],
      containers: [{ image, script: "./webui.sh --port 8000 --nowebui --data-dir=/code/data", port: 8000 }],
    },
  },
  ...(["vllm_one", "sglang_one", "comfy_one"].map((name): PublishedConfig => ({
    title: `${name} with a start-up check`,
    source: `${skill}/config-patterns.md`,
    config: {
      metadata: { name, instance: 1, workspace_id: "1" },
      containers: [{
        ...vllm,
        startup_check: {
          http_get: { path: "/health", port: 8000 },
          initial_delay_seconds: 120,
          period_seconds: 10,
          failure_threshold: 30,
        },
      }],
      storage: [modelMount],
      cloud: public1,
    },
  }))),
  {
    title: "autoscaling as the API names it",
    source: `${skill}/config-patterns.md`,
    config: {
      metadata: { name: "scaled_one", instance: 1 },
      containers: [vllm],
      storage: [modelMount],
      cloud: public1,
      autoscaler: { min: 1, max: 4, scaleStrategies: [{ metricName: "qps", threshold: 20 }] },
    },
  },
  {
    title: "autoscaling by two metrics",
    source: `${skill}/service-features.md`,
    config: {
      metadata: { name: "scaled_two", instance: 2 },
      containers: [{ image, port: 8000 }],
      autoscaler: {
        min: 2,
        max: 10,
        scaleStrategies: [{ metricName: "qps", threshold: 100 }, { metricName: "cpu", threshold: 80 }],
      },
    },
  },
  {
    title: "a load balancer of its own",
    source: `${skill}/network-config.md`,
    config: {
      metadata: { name: "balanced_one", instance: 1 },
      containers: [vllm],
      cloud: { ...public1, networking: network },
      networking: {
        nlb: [
          { id: "default", listener_port: 9090, netType: "intranet" },
          { id: "default", listener_port: 9091, netType: "internet" },
        ],
      },
    },
  },
  {
    title: "a load balancer of the user",
    source: `${skill}/network-config.md`,
    config: {
      metadata: { name: "balanced_two", instance: 1 },
      containers: [vllm],
      cloud: { ...public1, networking: network },
      networking: { nlb: [{ id: "nlb-1", listener_port: 9090 }] },
    },
  },
  {
    title: "a dedicated group",
    source: `${skill}/config-patterns.md`,
    config: {
      metadata: {
        name: "dedicated",
        instance: 1,
        resource: "eas-r-1",
        workspace_id: "1",
        gpu: 1,
        cpu: 4,
        memory: 8000,
      },
      containers: [vllm],
      storage: [modelMount],
    },
  },
  {
    title: "a dedicated group, told in the wrong place",
    source: `${skill}/config-examples.md`,
    config: {
      metadata: { name: "misplaced", instance: 1 },
      containers: [{ image, port: 8000 }],
      cloud: public1,
      resource: "eas-r-1",
    },
  },
  {
    title: "a dedicated gateway",
    source: `${skill}/config-patterns.md`,
    config: {
      metadata: { name: "gated", instance: 1, workspace_id: "1" },
      containers: [vllm],
      storage: [modelMount],
      networking: { gateway: "gw-1" },
      cloud: { ...public1, networking: network },
    },
  },
  {
    title: "an image that starts by itself",
    source: `${skill}/config-examples.md`,
    config: {
      metadata: { name: "by_itself", instance: 1 },
      containers: [{ image, port: 8000 }],
      cloud: { computing: { instance_type: "ecs.gn6i-c8g1.2xlarge" } },
    },
  },
  {
    title: "the full example",
    source: `${skill}/config-schema.md`,
    config: {
      metadata: {
        name: "full_one",
        instance: 2,
        workspace_id: "1",
        disk: "30Gi",
        shm_size: 64,
        enable_grpc: true,
        rolling_strategy: { max_surge: 1, max_unavailable: 0 },
      },
      containers: [{ ...server, env: [{ name: "NCCL_P2P_DISABLE", value: "1" }] }],
      cloud: { ...public1, networking: network },
      storage: [{ mount_path: "/models", oss: { path: "oss://our-models/qwen", readOnly: true } }],
      networking: { gateway: "gw-1" },
      autoscaler: { min: 1, max: 5, scaleStrategies: [{ metricName: "qps", threshold: 50 }] },
      runtime: { termination_grace_period: 60 },
    },
  },
  {
    title: "rolling updates with a signal",
    source: `${skill}/service-features.md`,
    config: {
      metadata: { name: "rolling", rolling_strategy: { max_surge: 1, max_unavailable: 0 } },
      containers: [{ image, port: 8000 }],
      eas: { termination_grace_period: 30 },
      rpc: { enable_sigterm: true },
    },
  },
  {
    title: "an asynchronous container without a port, and its name in two places",
    source: "https://github.com/alibaba/diffusers-api",
    config: {
      cloud: { computing: { instance_type: "ml.gu7i.c8m30.1-gu30" } },
      containers: [{ image, command: "python /srv/app.py --func_name base --region hangzhou" }],
      features: { "eas.aliyun.com/extra-ephemeral-storage": "100Gi" },
      metadata: {
        cpu: 8,
        gpu: 1,
        instance: 1,
        memory: 30000,
        name: "pictures_c",
        rpc: { keepalive: 500000 },
        type: "Async",
      },
      name: "pictures_c",
      storage: [
        { mount_path: "/oss", oss: { path: "oss://our-data/pictures/base/" } },
        { mount_path: "/result", oss: { path: "oss://our-data/pictures/" } },
      ],
    },
  },
  {
    title: "EasyRec",
    source: "https://github.com/alibaba/EasyRec/tree/HEAD/docs/source",
    config: {
      name: "ranking",
      metadata: {
        resource: "eas-r-1",
        cpu: 8,
        memory: 20000,
        instance: 2,
        rpc: { enable_jemalloc: 1, max_queue_size: 100 },
      },
      model_config: {
        remote_type: "hologres",
        tables: [{ name: "items", key: "id", value: "f" }],
        period: 2880,
      },
      processor: "easyrec-1.5",
      storage: [{
        mount_path: "/home/admin/docker_ml/workspace/model/",
        oss: {
          endpoint: "oss-cn-hangzhou-internal.aliyuncs.com",
          path: "oss://our-models/ranking/final_with_fg",
        },
      }],
    },
  },
  {
    title: "TorchEasyRec",
    source: "https://github.com/alibaba/TorchEasyRec/blob/HEAD/docs/source/usage/serving.md",
    config: {
      metadata: {
        cpu: 16,
        instance: 1,
        memory: 20000,
        name: "torch_ranking",
        resource: "eas-r-1",
        resource_burstable: false,
        rpc: { enable_jemalloc: 1, max_queue_size: 256, worker_threads: 16 },
      },
      model_config: { fg_mode: "normal", fg_threads: 8, region: "cn-hangzhou" },
      processor: "easyrec-torch-0.1",
      processor_envs: [{ name: "INPUT_TILE", value: "2" }],
      storage: [{
        mount_path: "/home/admin/docker_ml/workspace/model/",
        oss: { path: "oss://our-models/torch/export", readOnly: false },
        properties: { resource_type: "code" },
      }],
    },
  },
  {
    title: "a job that exports a model",
    source: "https://github.com/alibaba/TorchEasyRec/blob/HEAD/docs/source/usage/export.md",
    config: {
      cloud: { networking: { security_group_id: "sg-1", vpc_id: "vpc-1", vswitch_id: "vsw-1" } },
      containers: [{ image, port: 8000, script: "set -e\npip install tool\n\ntool export --dir /mnt/data/" }],
      metadata: {
        cpu: 60,
        disk: "60Gi",
        gpu: 1,
        instance: 1,
        memory: 383000,
        name: "export_job",
        resource: "eas-r-1",
        resource_burstable: false,
        rpc: { keepalive: 5000 },
        workload_type: "elasticjob",
        workspace_id: "1",
      },
      options: { enable_ram_role: true },
      storage: [{ dataset: { id: "d-1", read_only: false, version: "v1" }, mount_path: "/mnt/data/" }],
    },
  },
  {
    title: "three containers",
    source: rag,
    config: {
      name: "answers_a",
      containers: [
        { image, port: 8680, script: "/docker-entrypoint.sh nginx" },
        { image, port: 8002, script: "answers ui" },
        { image, port: 8001, script: "answers serve" },
      ],
    },
  },
  {
    title: "three containers with a machine, labels and variables",
    source: "https://github.com/aigc-apps/PAI-RAG/blob/HEAD/docs/eas_deploy_deepseek.md",
    config: {
      cloud: {
        computing: { instances: [{ type: "ecs.c6.4xlarge" }] },
        networking: { vpc_id: "vpc-1", vswitch_id: "vsw-1", security_group_id: "sg-1" },
      },
      containers: [
        { image, port: 8680, script: "/docker-entrypoint.sh nginx" },
        { image, port: 8002, script: "answers ui", env: [{ name: "ANSWERS__interactive", value: "false" }] },
        { image, port: 8001, script: "answers serve" },
      ],
      labels: { ANSWERS_VERSION: "0.1_custom" },
      metadata: { cpu: 16, enable_webservice: true, instance: 1, memory: 32000, name: "answers_b" },
    },
  },
  {
    title: "xgboost with options",
    source: `${python}/deploy.rst`,
    config: {
      name: "example_xgb",
      processor: "xgboost",
      model_path: "oss://our-models/xgb/model.json",
      metadata: { instance: 2, rpc: { batching: true, keepalive: 50000, max_batch_size: 16 } },
      cloud: { computing: { instance_type: "ecs.c6.xlarge" } },
      warm_up_data_path: "oss://our-data/warm-up",
    },
  },
  {
    title: "cores and memory in a dedicated group",
    source: `${python}/deploy.rst`,
    config: {
      name: "dedicated_rg",
      processor: "xgboost",
      model_path: "oss://our-models/xgb/",
      metadata: { instance: 1, cpu: 2, memory: 4000, resource: "eas-r-1" },
    },
  },
  {
    title: "a container of the Python SDK, with a check and requirements",
    source: `${examples}/inference/model_deploy_container/model_deploy_container.ipynb`,
    config: {
      name: "from_python",
      containers: [{
        image,
        port: 5000,
        script: "cd /ml/usercode/\npython app.py\n",
        env: [],
        health_check: { http_get: { path: "/" } },
        prepare: { pythonRequirementsPath: "/ml/usercode/requirements.txt" },
      }],
      storage: [
        { mount_path: "/ml/usercode/", oss: { path: "oss://our-data/code/" } },
        {
          mount_path: "/eas/workspace/model/",
          oss: { path: "oss://our-models/one/" },
          properties: { resource_type: "model", resource_use: "base" },
        },
      ],
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "ecs.c6.large" } },
    },
  },
  {
    title: "an asynchronous container of the Python SDK",
    source: `${examples}/inference/async_inference/async_inference.ipynb`,
    config: {
      name: "async_python",
      containers: [{ image, port: 8000, script: "python app.py", env: [] }],
      metadata: { type: "Async", rpc: { proxy_path: "/" }, instance: 2 },
      cloud: { computing: { instance_type: "ecs.c6.large" } },
    },
  },
  {
    title: "PyTorch by a processor",
    source: `${examples}/framework/pytorch_mnist/pytorch_mnist.ipynb`,
    config: {
      name: "digits_torch",
      processor: "pytorch_cpu_1.10",
      model_path: "oss://our-models/digits/",
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "ecs.c6.xlarge" } },
    },
  },
  {
    title: "TensorFlow by a processor",
    source: `${examples}/framework/tensorflow_image_classification/tensorflow_image_classification.ipynb`,
    config: {
      name: "flowers_tf",
      processor: "tensorflow_cpu_2.3",
      model_path: "oss://our-models/flowers/",
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "ecs.c6.xlarge" } },
    },
  },
];

/** All of them. */
export const publishedConfigs: readonly PublishedConfig[] = [
  ...fromParameters.map((config) => ({ source: parameters, ...config })),
  ...others,
];
