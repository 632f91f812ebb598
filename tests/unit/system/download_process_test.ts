import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { createClient } from "../../../core/client.ts";
import { type Emulator, emulator } from "../../../plugins/emulator/mod.ts";
import { download } from "../../../plugins/storage/download.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import type { OssBucket } from "../../../plugins/storage/oss/bucket.ts";
import { getVerified } from "../../../plugins/storage/verified.ts";
import { patientClock } from "../../support/patient_clock.ts";

const home = await mkdtemp(join(tmpdir(), "download-process-"));
after(() => rm(home, { recursive: true }));
const child = fileURLToPath(new URL("../../support/download_child.ts", import.meta.url));
const args = "Deno" in globalThis ? ["run", "-A", "--no-check", "--frozen", child] : [child];

const bytesOf = (size: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));

/** What is done to the answer to a read of an object: the socket is cut, or kept silent, after so many bytes. */
type Fault = { kind: "cut" | "hang"; after: number };

/** An emulator behind real sockets. */
interface Served extends AsyncDisposable {
  url: string;
  bucket: OssBucket;
  /** `range` of each read. */
  reads: string[];
  /** Resolves when an answer hangs. */
  hung: Promise<void>;
}

/** Serves an object whose reads have faults, in turn. */
async function served(
  content: Uint8Array<ArrayBuffer>,
  faults: readonly (Fault | undefined)[],
): Promise<Served> {
  const cloud = emulator(), rest = faults.values(), reads: string[] = [];
  const { promise: hung, resolve: hang } = Promise.withResolvers<void>();
  const server = createServer(async ({ method = "GET", url, headers, socket }, outgoing) => {
    const answer = await cloud.handle(
      new Request(`http://${headers.host}${url}`, { method, headers: flat(headers) }),
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    outgoing.writeHead(answer.status, [...answer.headers].flat());
    const fault = method === "GET" ? rest.next().value : undefined;
    if (method === "GET") reads.push(headers.range ?? "all");
    if (!fault) return outgoing.end(method === "HEAD" ? undefined : bytes);
    outgoing.write(bytes.subarray(0, fault.after), () => fault.kind === "cut" ? cut(socket) : hang());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  await oss(createClient({ ...cloud }), { bucket: "emulator-bucket" }).put("model.bin", content);
  return { url, bucket: bucketAt(cloud, url), reads, hung, [Symbol.asyncDispose]: () => stop(server) };
}

function bucketAt({ region, credentials }: Emulator, url: string): OssBucket {
  return oss(createClient({ region, credentials, endpoints: { oss: url } }), { bucket: "emulator-bucket" });
}

const cut = (socket: Socket): void => void socket.destroy();

const flat = (headers: NodeJS.Dict<string | string[]>): [string, string][] =>
  Object.entries(headers).map(([name, value]) => [name, `${value}`]);

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function startChild(...more: string[]): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]> } {
  const started = spawn(process.execPath, [...args, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  return Object.assign(started, { stdout: started.stdout! }); // it is piped
}

test("download() goes on when connections are cut, on real sockets", async () => {
  const content = bytesOf(300_000);
  const faults = [0, 1, 70_000, 99_999, 5].map((after): Fault => ({ kind: "cut", after }));
  await using server = await served(content, faults);
  const path = join(home, "cut");
  await download(server.bucket, "model.bin", path, { rangeSize: 100_000, clock: patientClock() });
  assert.deepEqual(new Uint8Array(await readFile(path)), content);
  assert.equal(server.reads.length, 3 + faults.length);
});

test("getVerified() goes on when connections are cut, on real sockets", async () => {
  const content = bytesOf(300_000);
  await using server = await served(content, [{ kind: "cut", after: 70_000 }, { kind: "cut", after: 1 }]);
  const response = await getVerified(server.bucket, "model.bin", { clock: patientClock() });
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), content);
  assert.equal(server.reads.length, 3);
});

test("download() goes on after its process was killed", async () => {
  const content = bytesOf(500_000);
  await using server = await served(content, [undefined, undefined, { kind: "hang", after: 50_000 }]);
  const path = join(home, "killed"), options = { rangeSize: 100_000, concurrency: 1, resume: true };
  const killed = startChild(server.url, path, JSON.stringify(options));
  await server.hung;
  killed.kill("SIGKILL");
  await once(killed, "close");
  assert.deepEqual((await readdir(home)).filter((name) => name.includes("killed")).sort(), [
    ".killed.pai-part",
    ".killed.pai-part.jsonl",
  ]);
  server.reads.length = 0;
  const again = startChild(server.url, path, JSON.stringify(options));
  assert.equal(await text(again.stdout), "done\n");
  assert.deepEqual(server.reads, ["bytes=200000-299999", "bytes=300000-399999", "bytes=400000-499999"]);
  assert.deepEqual(new Uint8Array(await readFile(path)), content);
  assert.deepEqual((await readdir(home)).filter((name) => name.includes("killed")), ["killed"]);
});

const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", home]).status === 0;

test("download() says that the disk is full, and leaves nothing", { skip: !canMount }, async () => {
  await using server = await served(bytesOf(500_000), []);
  for (const resume of [false, true]) {
    const script = `mount -t tmpfs -o size=300k none "$1" && shift && "$@" && ls -A "$DISK"`;
    const options = JSON.stringify({ rangeSize: 100_000, resume });
    const command = [process.execPath, ...args, server.url, join(home, "full.bin"), options];
    const full = spawn("unshare", ["-rm", "sh", "-c", script, "sh", home, ...command], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, DISK: home },
    });
    const [said = "", ...left] = (await text(full.stdout)).trim().split("\n");
    const { name, code, message } = JSON.parse(said);
    assert.deepEqual([name, code], ["PaiError", "ENOSPC"]);
    assert.match(message, /^Cannot download "oss:\/\/emulator-bucket\/model\.bin" to ".*": no space left/);
    assert.deepEqual(left.sort(), resume ? [".full.bin.pai-part", ".full.bin.pai-part.jsonl"] : []);
  }
});
