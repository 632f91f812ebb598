import process from "node:process";
import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { tinyFiles } from "./images.ts";

/** How a {@linkcode withRegistry registry} behaves. */
export interface RegistryOptions {
  /** The account that it wants. @default {none} */
  account?: { username: string; password: string };
  /** Milliseconds between pieces of 16 KiB of a layer. @default {0} */
  delay?: number;
  /** Where a layer breaks off. @default {nowhere} */
  breakAt?: number;
}

/** A registry of one image. */
export interface Registry {
  /** Name of the image: `127.0.0.1:40001/tests/tiny:1`; it is `tinyImage()` by another way. */
  image: string;
  /** What was asked for: `GET /v2/…`. */
  requests: string[];
  /** How many transfers are going on. */
  open(): number;
}

/**
 * Runs with a registry on loopback, which engines on this machine need no TLS for.
 *
 * Source: https://distribution.github.io/distribution/spec/api/
 */
export async function withRegistry<T>(
  options: RegistryOptions,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const { account } = options;
  const image = await imageParts(options.delay || options.breakAt ? 1_000_000 : 0);
  const requests: string[] = [];
  const transfers = new Set<ServerResponse>();
  const server = createServer((incoming, outgoing) => {
    const { method, url = "" } = incoming;
    requests.push(`${method} ${url}`);
    const wanted = account && `Basic ${btoa(`${account.username}:${account.password}`)}`;
    if (wanted && incoming.headers.authorization !== wanted) {
      outgoing.writeHead(401, {
        "www-authenticate": 'Basic realm="tests"',
        "content-type": "application/json",
      });
      return void outgoing.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
    }
    const part = image[/^\/v2\/tests\/tiny\/(?:manifests|blobs)\/(.+)$/.exec(url)?.[1] ?? url];
    if (!part) {
      outgoing.writeHead(404, { "content-type": "application/json" });
      return void outgoing.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    }
    const { bytes, type } = part;
    outgoing.writeHead(200, {
      "content-type": type,
      "content-length": bytes.length,
      "docker-content-digest": digest(bytes),
    });
    if (method === "HEAD" || !type.endsWith("gzip")) {
      return void outgoing.end(method === "HEAD" ? undefined : bytes);
    }
    transfers.add(outgoing);
    outgoing.on("close", () => transfers.delete(outgoing));
    return void transfer(outgoing, bytes, options);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // of a server on a port
  try {
    return await use({ image: `127.0.0.1:${port}/tests/tiny:1`, requests, open: () => transfers.size });
  } finally {
    for (const outgoing of transfers) outgoing.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function transfer(
  outgoing: ServerResponse,
  bytes: Uint8Array,
  { delay, breakAt }: RegistryOptions,
): Promise<void> {
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += 16_384) {
    if (breakAt !== undefined && at >= breakAt) return void outgoing.destroy();
    if (!outgoing.write(bytes.subarray(at, at + 16_384)) && !outgoing.destroyed) await drained(outgoing);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}

/** Manifest, configuration and layer by their names, with something at the end of the layer that can't be packed. */
async function imageParts(padding: number): Promise<Record<string, { bytes: Uint8Array; type: string }>> {
  const files = await tinyFiles();
  const tar = new Uint8Array(files.length + padding);
  tar.set(files);
  for (let at = files.length; at < tar.length; at += 65_536) { // behind a tar's end nobody reads
    crypto.getRandomValues(tar.subarray(at, Math.min(at + 65_536, tar.length)));
  }
  const layer = new Uint8Array(gzipSync(tar, { level: 1 }));
  const architecture = ({ x64: "amd64" } as Record<string, string>)[process.arch] ?? process.arch;
  const config = json({
    architecture,
    os: "linux",
    config: { Cmd: ["/bin/serve"], Env: ["PATH=/bin", "HOME=/tmp"], ExposedPorts: { "8000/tcp": {} } },
    rootfs: { type: "layers", diff_ids: [digest(tar)] },
  });
  const part = (bytes: Uint8Array, mediaType: string): object => ({
    mediaType,
    size: bytes.length,
    digest: digest(bytes),
  });
  const kind = "application/vnd.docker";
  const types = {
    manifest: `${kind}.distribution.manifest.v2+json`,
    config: `${kind}.container.image.v1+json`,
    layer: `${kind}.image.rootfs.diff.tar.gzip`,
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: part(config, types.config),
    layers: [part(layer, types.layer)],
  });
  return {
    "/v2/": { bytes: json({}), type: "application/json" },
    "1": { bytes: manifest, type: types.manifest },
    [digest(manifest)]: { bytes: manifest, type: types.manifest },
    [digest(config)]: { bytes: config, type: types.config },
    [digest(layer)]: { bytes: layer, type: types.layer },
  };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function digest(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
