/** Certificates of an engine that is reached by TLS, as PEM. */
export interface EngineTls {
  /** Who signs the engine's certificate. @default {the authorities that the runtime trusts} */
  ca?: string;
  /** Our own certificate. */
  cert?: string;
  /** The key of our certificate. */
  key?: string;
  /** Whether the engine's certificate is believed unread; only a Docker context can say so. @default {false} */
  skipVerify?: boolean;
}

/** A place where an engine listens. */
export interface Endpoint {
  /** The place without secrets, to show. */
  readonly address: string;
  /** Path of a unix socket or name of a Windows pipe. */
  readonly socketPath?: string;
  /** Host of a TCP socket. */
  readonly hostname?: string;
  /** Port of a TCP socket. */
  readonly port?: number;
  /** Path that goes before each request's, without a slash at the end. */
  readonly basePath?: string;
  /** Certificates, when TLS is spoken. */
  readonly tls?: EngineTls;
}

const forms = '"unix:///var/run/docker.sock", "npipe:////./pipe/docker_engine" or "tcp://host:2376"';

/**
 * Reads an address as `DOCKER_HOST` and Docker contexts have it.
 *
 * Source: https://docs.docker.com/reference/cli/docker/#environment-variables
 *
 * @throws {TypeError} for an address of another kind, and for SSH, which needs a tunnel.
 */
export function parseEndpoint(address: string, tls?: EngineTls): Endpoint {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/is.exec(address) ?? [];
  if (scheme === "" && address.startsWith("/")) return socket(address);
  switch (scheme) {
    case "unix":
      if (rest.startsWith("/")) return socket(rest);
      break;
    case "npipe":
      if (/^[/\\]{2}/.test(rest)) return pipe(rest);
      break;
    case "tcp":
    case "http":
    case "https":
      return overTcp(address, scheme, tls);
    case "ssh":
      throw new TypeError(
        `Cannot use ${shown(address)}: SSH is not spoken here; forward the socket, ` +
          `ssh -nNT -L /path/docker.sock:/var/run/docker.sock <host>, and name unix:///path/docker.sock`,
      );
  }
  throw new TypeError(`Cannot use "${shown(address)}" as the address of an engine: write ${forms}`);
}

function socket(path: string): Endpoint {
  return { address: `unix://${path}`, socketPath: path };
}

/** Go writes slashes where Windows has backslashes. */
function pipe(path: string): Endpoint {
  return { address: `npipe://${path.replaceAll("\\", "/")}`, socketPath: path.replaceAll("/", "\\") };
}

function overTcp(address: string, scheme: string, tls: EngineTls | undefined): Endpoint {
  const isTls = scheme === "https" || (scheme === "tcp" && tls !== undefined);
  const url = URL.parse(address.replace(/^[a-z]+/i, "http")); // a scheme whose hosts URL understands
  if (!url?.hostname) {
    throw new TypeError(`Cannot use "${shown(address)}" as the address of an engine: write ${forms}`);
  }
  const isDefault = !/^[a-z]+:\/\/(?:[^/@]*@)?(?:\[[^\]]*\]|[^/:]*):\d+/i.test(address);
  const port = isDefault ? (isTls ? 2376 : 2375) : Number(url.port || 80);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const basePath = url.pathname.replace(/\/+$/, "");
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    address: `${isTls ? "https" : "tcp"}://${host}:${port}${basePath}`,
    hostname,
    port,
    ...(basePath && { basePath }),
    ...(isTls && { tls: tls ?? {} }),
  };
}

/** Whether the engine runs on this machine, as far as its address tells. */
export function isLocalEndpoint({ socketPath, hostname = "" }: Endpoint): boolean {
  return socketPath !== undefined || /^(localhost|127(\.\d+){3}|::1)$/.test(hostname);
}

function shown(address: string): string {
  return address.replace(/(:\/\/)[^/@]*@/, "$1***@");
}
