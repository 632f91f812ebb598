import { redact } from "../../../core/redact.ts";
import { DockerError, type DockerErrorCode } from "./docker-error.ts";

/** What engines say, what it means, and how to mend it. The first that fits counts. */
const rules: [says: RegExp, code: DockerErrorCode, mend?: string][] = [
  [/no space left on device/i, "NO_SPACE", "make room: docker system df shows what takes it"],
  [
    /port is already allocated|address already in use|ports are not available/i,
    "PORT_TAKEN",
    "stop what has the port, or let the engine choose one",
  ],
  [
    /could not select device driver|unresolvable CDI devices|nvidia-container-cli|unknown or invalid runtime name: nvidia/i,
    "NO_DEVICE",
    "install the NVIDIA container toolkit on the engine's machine, or ask for no GPU",
  ],
  [/client version .* is too (?:new|old)/i, "ENGINE_VERSION"],
  [
    /no matching manifest for|does not match the (?:specified|detected) (?:host )?platform|no image found in (?:manifest list|image index)/i,
    "IMAGE_NOT_FOUND",
    "the image has no variant for this platform; name another `platform`",
  ],
  [
    /manifest unknown|manifest for .* not found|name unknown|repository .* not found/i,
    "IMAGE_NOT_FOUND",
    "see that the image's name and tag exist in its registry",
  ],
  [
    /pull access denied|requested access to the resource is denied|unauthorized|authentication required|no basic auth/i,
    "PULL_REFUSED",
    "see that the image exists and that its registry knows you: docker login, or the registry's account in the options",
  ],
  [/toomanyrequests|rate limit/i, "PULL_REFUSED", "wait, or log in to the registry for a higher limit"],
  [
    /no such host|dial tcp|i\/o timeout|TLS handshake|x509:|connection refused|pinging container registry|server gave HTTP response/i,
    "PULL_REFUSED",
    "the engine can't reach the registry; see its network and proxy, or bring the image: docker load",
  ],
  [
    /no such image|image not known|unable to find image|image .* not found/i,
    "IMAGE_NOT_FOUND",
    "pull the image first",
  ],
  [
    /executable file .*not found|exec format error|exec: ".*": (?:stat|permission denied)|OCI runtime attempted to invoke/i,
    "COMMAND_NOT_FOUND",
    "see that the command is in the image, may be executed and is for its platform",
  ],
  [/name .* is already in use|volume .* being used|container state improper/i, "CONFLICT"],
  [/no such container|no container with|no such volume|no such network|no such exec/i, "NOT_FOUND"],
];

const byStatus: Record<number, DockerErrorCode> = { 400: "BAD_REQUEST", 404: "NOT_FOUND", 409: "CONFLICT" };

// Of what an engine says; more is of no use in a message.
const longest = 2000;

/** The error that an engine's words stand for; they pass without what looks like a secret. */
export function refusal(
  what: string,
  said: string,
  { status, secrets = [] }: { status?: number; secrets?: readonly (string | undefined)[] } = {},
): DockerError {
  const text = redact(said.trim().slice(0, longest), secrets).replace(/[.;\s]+$/, "");
  const [, found, mend] = rules.find(([says]) => says.test(text)) ?? [];
  const code = status === 409 && found !== "PORT_TAKEN"
    ? "CONFLICT"
    : found ?? byStatus[status ?? 0] ?? (status && status < 500 ? "BAD_REQUEST" : "ENGINE_FAILED");
  return new DockerError(`${what}: ${text || `the engine answered ${status}`}${mend ? `; ${mend}` : ""}`, {
    code,
    status,
  });
}

/** What an engine says in an answer that is no success: JSON with a message, or text. */
export function saidIn(body: string): string {
  try {
    const { message, cause } = JSON.parse(body);
    if (typeof message === "string") return message;
    if (typeof cause === "string") return cause;
  } catch {
    // not JSON: a proxy's page, perhaps
  }
  return body;
}
