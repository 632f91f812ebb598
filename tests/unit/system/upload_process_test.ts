import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buffer, text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "../../../core/client.ts";
import { type Emulator, emulator } from "../../../plugins/emulator/mod.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { listUploads, upload, type UploadFile } from "../../../plugins/storage/multipart.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import type { OssBucket } from "../../../plugins/storage/oss/bucket.ts";
import { equalBytes, partSize, someBytes } from "../../support/uploads.ts";

const home = await mkdtemp(join(tmpdir(), "upload-process-"));
after(() => rm(home, { recursive: true }));
const child = fileURLToPath(new URL("../../support/upload_child.ts", import.meta.url));
const args = "Deno" in globalThis ? ["run", "-A", "--no-check", "--frozen", child] : [child];
const content = someBytes(5 * partSize + 99);

/** What is done to the request of a part: its socket is cut after so many bytes, or it gets no answer. */
type Fault = { kind: "cut"; after: number } | { kind: "hang" };

/** An emulator behind real sockets. */
interface Served extends AsyncDisposable {
  url: string;
  bucket: OssBucket;
  /** Numbers of parts that were asked for, in order. */
  parts: string[];
  /** Resolves when an answer hangs. */
  hung: Promise<void>;
}

/** Serves a bucket; each part has a fault or none, in turn. */
async function served(faults: readonly (Fault | undefined)[]): Promise<Served> {
  const cloud = emulator(), rest = faults.values(), parts: string[] = [];
  const { promise: hung, resolve: hang } = Promise.withResolvers<void>();
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url = "", headers, socket } = incoming;
    const address = new URL(`http://${headers.host}${url}`);
    const number = address.searchParams.get("partNumber");
    const fault = number === null ? undefined : rest.next().value;
    if (number !== null) parts.push(number);
    if (fault?.kind === "cut") return await cutAfter(incoming, fault.after).then(() => socket.destroy());
    const sends = method === "PUT" || method === "POST";
    const body = sends ? await buffer(incoming).catch(() => undefined) : undefined;
    if (sends && !body) return; // the client has given up
    const request = new Request(address, {
      method,
      headers: flat(headers),
      body: body && new Uint8Array(body),
    });
    const answer = await cloud.handle(request);
    if (fault?.kind === "hang") return hang();
    outgoing.writeHead(answer.status, [...answer.headers].flat());
    outgoing.end(method === "HEAD" ? undefined : new Uint8Array(await answer.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  return { url, bucket: bucketAt(cloud, url), parts, hung, [Symbol.asyncDispose]: () => stop(server) };
}

async function cutAfter(incoming: IncomingMessage, bytes: number): Promise<void> {
  let seen = 0;
  if (bytes === 0) return;
  for await (const chunk of incoming) if ((seen += chunk.length) >= bytes) return;
}

function bucketAt({ region, credentials }: Emulator, url: string): OssBucket {
  return oss(createClient({ region, credentials, endpoints: { oss: url } }), { bucket: "emulator-bucket" });
}

const flat = (headers: NodeJS.Dict<string | string[]>): [string, string][] =>
  Object.entries(headers).filter(([name]) => name !== "transfer-encoding").map((
    [name, value],
  ) => [name, `${value}`]);

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function startChild(...more: string[]): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  const started = spawn(process.execPath, [...args, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  return Object.assign(started, { stdout: started.stdout! }); // it is piped
}

async function fileOf(name: string, bytes = content): Promise<{ path: string; file: UploadFile }> {
  const path = join(home, name);
  await writeFile(path, bytes);
  for await (const file of fromDisk(path)) return { path, file };
  throw new Error("fromDisk() yields no file");
}

async function read(bucket: OssBucket): Promise<Uint8Array> {
  return new Uint8Array(await (await bucket.get("model.bin")).arrayBuffer());
}

test("upload() goes on when connections are cut, on real sockets", async () => {
  const faults = [0, 1, 70_000, 102_000].map((after): Fault => ({ kind: "cut", after }));
  await using server = await served(faults);
  const { file } = await fileOf("cut.bin");
  for (const source of [file, file.open(), content]) {
    await upload(server.bucket, "model.bin", source, { partSize });
    assert.ok(equalBytes(await read(server.bucket), content));
    assert.deepEqual(await Array.fromAsync(listUploads(server.bucket)), []);
  }
  assert.equal(server.parts.length, 3 * 6 + faults.length);
});

test("upload() goes on after its process was killed", async () => {
  await using server = await served([undefined, undefined, undefined, { kind: "hang" }]);
  const { path } = await fileOf("killed.bin");
  const options = JSON.stringify({ partSize, concurrency: 1 });
  const killed = startChild(server.url, path, options);
  await server.hung;
  killed.kill("SIGKILL");
  await once(killed, "close");
  assert.equal((await Array.fromAsync(listUploads(server.bucket))).length, 1);
  assert.equal(JSON.parse(await readFile(`${path}.checkpoint`, "utf8")).parts.length, 3);
  server.parts.length = 0;
  const again = startChild(server.url, path, options);
  assert.equal(await text(again.stdout), "done\n");
  assert.deepEqual(server.parts, ["4", "5", "6"]);
  assert.ok(equalBytes(await read(server.bucket), content));
  assert.deepEqual(await Array.fromAsync(listUploads(server.bucket)), []);
});

test("upload() does not go on after its process was killed and the file was changed", async () => {
  await using server = await served([undefined, { kind: "hang" }]);
  const { path } = await fileOf("changed.bin");
  const killed = startChild(server.url, path, JSON.stringify({ partSize, concurrency: 1 }));
  await server.hung;
  killed.kill("SIGKILL");
  await once(killed, "close");
  await utimes(path, new Date(), new Date(0));
  const again = startChild(server.url, path, "{}");
  const { name, code } = JSON.parse(await text(again.stdout));
  assert.deepEqual([name, code], ["PaiError", "FileChanged"]);
});

test("upload() refuses files that change or vanish while they are sent", async () => {
  const changes: [change: (path: string) => Promise<void>, code: string][] = [
    [(path) => truncate(path, 3 * partSize), "FileChanged"],
    [(path) => writeFile(path, someBytes(content.length, 2)), "FileChanged"],
    [(path) => rm(path), "ENOENT"],
  ];
  let turn = 0;
  for (const [change, code] of [...changes, ...changes]) {
    await using server = await served([]);
    const { path, file } = await fileOf("unsteady.bin");
    let changed: Promise<void> | undefined;
    const { size, fingerprint } = file;
    // With `read`, and without: both ways are used.
    const source: UploadFile = ++turn > changes.length
      ? file
      : { size, fingerprint, open: (range) => file.open(range) };
    const sent = upload(server.bucket, "model.bin", source, {
      partSize,
      concurrency: 1,
      onCheckpoint: async ({ parts }) => void (parts.length === 2 && await (changed ??= change(path))),
    });
    await assert.rejects(sent, { name: "PaiError", code });
    assert.equal(await server.bucket.head("model.bin"), undefined);
  }
});
