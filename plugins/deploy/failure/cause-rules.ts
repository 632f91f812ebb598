import { listeningSigns } from "../../../core/listening-signs.ts";
import type { CauseKind } from "./deploy-error.ts";

/** Where a sign of a failure was found. */
export type SignSource = "refusal" | "status" | "instance" | "event" | "diagnosis" | "log";

/** How a cause is told by what the vendor, Kubernetes or the container says. */
export interface CauseRule {
  /** Kind of the cause. */
  kind: Exclude<CauseKind, "unknown">;
  /** What a sign of it says: any of these. */
  signs: readonly RegExp[];
  /** What the same text must say as well. */
  context?: RegExp;
  /** Where such words mean this; anywhere when absent. */
  sources?: readonly SignSource[];
  /** 3 when it names the cause, 2 when it may be a consequence of another, 1 when it mostly is. */
  weight: 1 | 2 | 3;
  /**
   * One sentence; `{image}`, `{port}`, `{address}`, `{memory}` and `{model}` come from the configuration, `{1}`
   * from the sign.
   */
  message: string;
  /** What to do about it. */
  mend: string;
  /** Set when it doesn't mend itself: after how many times `giveUpAfter` a wait need not go on. */
  hopelessAfter?: number;
  /** Words that were seen, for the tests. */
  example: string;
  /** Page that tells of it. */
  page: string;
}

const faq = "https://www.alibabacloud.com/help/en/pai/faq-about-eas";
const pods = "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/";
const images = "https://kubernetes.io/docs/concepts/containers/images/";
const probes =
  "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
const memory = "https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/";
const quotas = "https://kubernetes.io/docs/concepts/policy/resource-quotas/";
const ossErrors = "https://www.alibabacloud.com/help/en/oss/support/http-status-codes/";
const diagnoses =
  "https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-describeservicediagnosis";

const pulling = /pull\w*(?: and unpack)? image|resolve (?:reference|image)|ErrImagePull|Back-off pulling/i;
const unpulled = "the image {image} cannot be pulled";

/** All rules, the more particular before the more general of a kind. */
export const causeRules: readonly CauseRule[] = [
  {
    kind: "image-pull",
    signs: [/no space left on device/i],
    context: pulling,
    weight: 3,
    message: `${unpulled}: the system disk is full`,
    mend: 'give instances a larger disk, with features["eas.aliyun.com/extra-ephemeral-storage"]',
    hopelessAfter: 1,
    example:
      'Failed to pull image "img:1": write /var/lib/containerd/io.containerd/ingest/1/data: no space left on device',
    page: faq,
  },
  {
    kind: "image-pull",
    signs: [/\b401\b|unauthorized|authorization failed|authentication required|access denied|\b403\b/i],
    context: pulling,
    weight: 3,
    message: `${unpulled}: there is none of this name, or its registry does not let EAS read it`,
    mend: "check the image's address, and set dockerAuth to the Base64 of user:password of its registry",
    hopelessAfter: 1,
    example:
      'Failed to pull image "r.example/img:1": pull access denied: authorization failed: 401 Unauthorized',
    page: faq,
  },
  {
    kind: "image-pull",
    signs: [/no such host|timeout|deadline exceeded|connection refused|network is unreachable/i],
    context: pulling,
    weight: 3,
    message: `${unpulled}: its registry cannot be reached`,
    mend:
      "use the registry's address inside the VPC (registry-vpc…) and let the VPC in, or give the service internet access",
    hopelessAfter: 1,
    example: 'Failed to pull image "img:1": dial tcp 10.0.0.1:443: i/o timeout',
    page: faq,
  },
  {
    kind: "image-pull",
    signs: [/not ?found|manifest unknown|not exist/i],
    context: pulling,
    weight: 3,
    message: `${unpulled}: there is none of this name and tag`,
    mend: "check the image's address and tag in containers[0].image",
    hopelessAfter: 1,
    example: 'Failed to pull image "busybox:no_exist_tag": rpc error: code = NotFound.',
    page: diagnoses,
  },
  {
    kind: "image-pull",
    signs: [/InvalidImageName|invalid reference format|couldn't parse image/i],
    weight: 3,
    message: "the image {image} has a name that no image can have",
    mend:
      "correct containers[0].image, such as registry-vpc.cn-hangzhou.aliyuncs.com/namespace/repository:tag",
    hopelessAfter: 1,
    example: "InvalidImageName",
    page: images,
  },
  {
    kind: "image-pull",
    signs: [/ImagePullBackOff|ErrImagePull|ErrImageNeverPull|Back-off pulling image|failed to pull image/i],
    weight: 2,
    message: unpulled,
    mend:
      "check the image's address, that its registry can be reached from the service, and dockerAuth if it is private",
    hopelessAfter: 1,
    example: "ImagePullBackOff",
    page: faq,
  },
  {
    kind: "out-of-memory",
    signs: [
      /(?:CUDA|HIP|GPU)\b.{0,40}out of memory|OutOfMemoryError: (?:CUDA|HIP)|CUBLAS_STATUS_ALLOC_FAILED/i,
    ],
    weight: 3,
    message: "the graphics processor has too little memory for the model",
    mend: "choose an instance type with more GPU memory, or load a smaller or quantized model",
    example: "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    page: "https://pytorch.org/docs/stable/notes/cuda.html",
  },
  {
    kind: "out-of-memory",
    signs: [/OOM-?Kill|out of memory|oom-kill|MemoryError\b|std::bad_alloc|cannot allocate memory/i],
    weight: 3,
    message: "the container needs more memory than it has ({memory})",
    mend: "give instances more with metadata.memory (in MB), or choose an instance type with more",
    hopelessAfter: 1,
    example: "Memory cgroup out of memory: Killed process 1 (python)",
    page: memory,
  },
  {
    kind: "out-of-memory",
    signs: [
      /exit(?:ed)?[ _-]?(?:with )?(?:code|status)"?[ :=]+137\b|\bsignal: killed\b|(?:^|\] )Killed\s*$/im,
    ],
    weight: 2,
    message: "the container was killed, most likely as it needs more memory than it has ({memory})",
    mend: "give instances more with metadata.memory (in MB), or choose an instance type with more",
    hopelessAfter: 1,
    example: '{"reason":"Error","exitCode":137}',
    page: memory,
  },
  {
    kind: "permission",
    signs: [/^(?:Forbidden|NoPermission|AccessDenied|Unauthorized)|not authorized to/i],
    sources: ["refusal"],
    weight: 3,
    message: "the caller may not do this",
    mend:
      "let it do so by a RAM policy with the action, such as eas:CreateService, or use another access key",
    example:
      "Forbidden.RAM; User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    page: "https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-ram",
  },
  {
    kind: "permission",
    signs: [
      /AccessDenied|Forbidden\.RAM|NoPermission|UnauthorizedOperation/i,
      /not authorized to (?:perform|do|access)|no right to access|may not be read/i,
      /permission to (?:access|read) .*(?:oss|bucket)/i,
      /role .*(?:not exist|not (?:be )?assumed|not authorized)/i,
    ],
    sources: ["status", "instance", "event", "diagnosis", "log"],
    weight: 3,
    message: "EAS or the service's role may not read what it needs",
    mend:
      "authorize EAS's service-linked role, or the service's own role, to read the bucket, or use one of the same account",
    hopelessAfter: 1,
    example: "oss: service returned error: StatusCode=403, ErrorCode=AccessDenied",
    page: ossErrors,
  },
  {
    kind: "model-missing",
    signs: [
      /NoSuchKey|NoSuchBucket|specified (?:key|bucket) does not exist|failed to download model/i,
      /model(?:[_ ]?path)?\b[^.]{0,80}(?:not exist|not found|is empty)/i,
      /(?:no such file|not a directory|not exist|can(?:no|')t open).*\/eas\/workspace\/model/i,
      /\/eas\/workspace\/model\S*.*(?:no such file|not exist|not found)/i,
    ],
    weight: 3,
    message: "the model is not there ({model})",
    mend: "upload it, or correct model_path or the mount that names it",
    hopelessAfter: 1,
    example:
      "Failed to download model oss://b/m/: oss: service returned error: StatusCode=404, ErrorCode=NoSuchKey",
    page: faq,
  },
  {
    kind: "quota",
    signs: [
      /exceeded quota|QuotaExceed|exceeds? .{0,20}quota/i,
      /quota[^.]{0,40}(?:exceed|reach|limit|not enough|insufficient)/i,
    ],
    weight: 3,
    message: "the account has used up its quota",
    mend: "stop services that are not needed, choose smaller or fewer instances, or apply for a higher quota",
    hopelessAfter: 1,
    example: 'pods "x" is forbidden: exceeded quota: eas-quota, requested: limits.cpu=4',
    page: quotas,
  },
  {
    kind: "quota",
    signs: [/sold ?out|out of stock|NoStock|InsufficientStock|OperationDenied\.NoStock/i],
    weight: 3,
    message: "machines of this type are sold out",
    mend:
      "name further types in cloud.computing.instances, or deploy to another zone, region or resource group",
    example: "OperationDenied.NoStock: The requested resource is sold out in the specified zone",
    page: faq,
  },
  {
    kind: "quota",
    signs: [
      /insufficient (?:cpu|memory|gpu|nvidia\S*|aliyun\S*|resources?|ephemeral-storage)/i,
      /nodes are available|FailedScheduling/i,
      /resources? (?:is|are) not enough|not enough (?:resources?|cpu|memory|gpu)/i,
    ],
    weight: 2,
    message: "no machine has room for an instance",
    mend:
      "ask for less (metadata.cpu, memory, gpu), free or add machines of the resource group, or use public resources",
    example: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
    page: faq,
  },
  {
    kind: "port",
    signs: listeningSigns,
    sources: ["log"],
    weight: 3,
    message: "the container listens on port {1}, not on the {port} that the configuration names",
    mend: "set containers[0].port to {1}, or let the code listen on {address}",
    hopelessAfter: 3, // the right port may still be opened by another process of the container
    example: "INFO:     Uvicorn running on http://0.0.0.0:7000 (Press CTRL+C to quit)",
    page: faq,
  },
  {
    kind: "port",
    signs: [
      /(?:nothing|not|no process)\b[^.]{0,30}listen\w*[^.]{0,20}\bport/i,
      /port \d+ (?:is )?not (?:open|reachable|listening)/i,
    ],
    weight: 3,
    message: "nothing in the container listens on {port}",
    mend: "let the code listen on {address}, or set containers[0].port to the port that it uses",
    example: "Nothing listens on port 8000, which containers[0].port names and the health check asks.",
    page: faq,
  },
  {
    kind: "port",
    signs: [
      /(?:readiness|liveness|startup) probe failed|health ?check (?:has )?failed|failed (?:liveness|startup) probe/i,
    ],
    weight: 2,
    message: "the container does not answer its health check on {port}",
    mend:
      "let the code listen on {address}, or correct containers[0].port; give a slow start more time in health_check",
    example: "Readiness probe failed: dial tcp 10.224.0.4:8000: connect: connection refused",
    page: probes,
  },
  {
    kind: "crash",
    signs: [
      /(?:cannot|can't|could not|failed to|unable to) load (?:the )?(?:\S+ )?(?:model|checkpoint|weights)/i,
    ],
    weight: 2,
    message: "the model cannot be loaded",
    mend:
      "check that all its files are there ({model}), in the format that the processor or the code expects",
    hopelessAfter: 1,
    example: "RuntimeError: failed to load model: unexpected end of file",
    page: faq,
  },
  {
    kind: "crash",
    signs: [/(?:ModuleNotFoundError|ImportError): (.+)/],
    sources: ["log"],
    weight: 2,
    message: "the container exits, as a package is missing ({1})",
    mend: "add it to the image, or to containers[0].prepare.pythonRequirements",
    example: "ModuleNotFoundError: No module named 'sklearn'",
    page: faq,
  },
  {
    kind: "crash",
    signs: [
      /exec format error|exec user process|executable file not found|command not found/i,
      /StartError|RunContainerError|CreateContainerError/i,
    ],
    weight: 2,
    message: "the command of the container cannot be run",
    mend:
      "check containers[0].script, that its program is in the image, and that the image is for this kind of machine",
    hopelessAfter: 1,
    example: 'exec: "pyhton": executable file not found in $PATH',
    page: pods,
  },
  {
    kind: "crash",
    signs: [
      /CrashLoopBackOff|Back-off restarting failed container|Instance crashed/i,
      /exit(?:ed)?[ _-]?(?:with )?(?:code|status)"?[ :=]+(?!0\b)\d+/i,
    ],
    weight: 1,
    message: "the container exits again and again",
    mend: "see what it printed before (logs of this error, or logs(service, { previous: true }))",
    hopelessAfter: 1,
    example: "Instance <demo-1> not healthy: Instance crashed, please inspect instance log.",
    page: faq,
  },
  {
    kind: "crash",
    signs: [/Traceback \(most recent call last\)|\bpanic: |Segmentation fault|core dumped/im],
    sources: ["log"],
    weight: 1,
    message: "the code in the container fails",
    mend: "see what it printed before (logs of this error, or logs(service, { previous: true }))",
    example: "Traceback (most recent call last):",
    page: faq,
  },
];
