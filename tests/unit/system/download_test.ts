import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { createClient } from "../../../core/client.ts";
import type { Fetch } from "../../../core/fetch.ts";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { randomFaults, withFaults } from "../../../plugins/emulator/faults.ts";
import { download, type DownloadProgress } from "../../../plugins/storage/download.ts";
import { extract } from "../../../plugins/storage/extract.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { oss } from "../../../plugins/storage/oss.ts";
import type { OssBucket } from "../../../plugins/storage/oss/bucket.ts";
import { tar, tarGz } from "../../../plugins/storage/tar.ts";
import { withBodyFaults } from "../../support/broken_bodies.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { patientClock } from "../../support/patient_clock.ts";

const home = await realpath(await mkdtemp(join(tmpdir(), "download-")));
after(() => rm(home, { recursive: true }));
let folders = 0;

/** An empty folder. */
async function newFolder(): Promise<string> {
  const folder = join(home, `${folders++}`);
  await mkdir(folder);
  return folder;
}

/** A bucket, and what happened to it: ranges that were read, in order. */
interface Counted {
  bucket: OssBucket;
  /** The same bucket behind a `Fetch` that does something to requests. */
  changed: OssBucket;
  /** `range` of each GET of an object through the changed one. */
  reads: string[];
}

function buckets(change: (fetch: Fetch) => Fetch = (fetch) => fetch): Counted {
  const cloud = emulator({ buckets: ["models"] }), reads: string[] = [];
  const inner = change(cloud.fetch);
  const fetch: Fetch = (url, init) => {
    const isRead = init.method === "GET" && !url.includes("list-type");
    if (isRead) reads.push(new Headers(init.headers).get("range") ?? "all");
    return inner(url, init);
  };
  const of = (fetch: Fetch): OssBucket =>
    oss(createClient({ ...cloud, fetch, clock: fakeClock(Date.now()) }), { bucket: "models" });
  return { bucket: of(cloud.fetch), changed: of(fetch), reads };
}

/** Bytes that differ from their neighbours, so that a gap, a repetition or a mix-up shows. */
const bytesOf = (size: number, seed = 31): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: size }, (_, i) => i * seed + (i >> 8));

const content = async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(path));

const fault = fc.record({ kind: fc.constantFrom("break", "end"), at: fc.nat(5000) }, {
  noNullPrototype: true,
});

test("download() makes the object's file, whatever its size and that of ranges, wherever connections break", async () => {
  const sizes = fc.record({
    size: fc.nat(5000),
    rangeSize: fc.integer({ min: 1, max: 6000 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    faults: fc.array(fault, { maxLength: 5 }),
  });
  const cases = fc.asyncProperty(sizes, async ({ size, rangeSize, concurrency, faults }) => {
    const { bucket, changed } = buckets((fetch) => withBodyFaults(fetch, faults));
    const folder = await newFolder(), path = join(folder, "new/k.bin");
    const { crc64, etag } = await bucket.put("a/k", bytesOf(size));
    const progress: number[] = [];
    const { files, ...whole } = await download(changed, "a/k", path, {
      rangeSize: Math.max(rangeSize, Math.ceil(size / 50)),
      concurrency,
      clock: patientClock(),
      onProgress({ done, total, key }) {
        assert.deepEqual([key, total], ["a/k", size]);
        progress.push(done);
      },
    });
    assert.deepEqual(whole, { path, size });
    assert.deepEqual(files, [{ key: "a/k", path, size, etag, crc64, skipped: false }]);
    assert.deepEqual(await content(path), bytesOf(size));
    assert.deepEqual(await readdir(dirname(path)), ["k.bin"]);
    assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
    assert.equal(progress.at(-1) ?? 0, size);
  });
  await fc.assert(cases, {
    numRuns: 60,
    examples: [[{ size: 0, rangeSize: 1, concurrency: 1, faults: [] }]],
  });
});

test("download() refuses a body with a byte that is not what was stored, and leaves nothing", async () => {
  const cases = fc.asyncProperty(fc.nat(2999), fc.nat(2), fc.boolean(), async (at, before, resume) => {
    const faults = [...Array.from({ length: before }, () => undefined), { kind: "flip", at } as const];
    const { bucket, changed } = buckets((fetch) => withBodyFaults(fetch, faults));
    await bucket.put("k", bytesOf(3000));
    const folder = await newFolder();
    const call = download(changed, "k", join(folder, "made/k"), {
      rangeSize: 1000,
      resume,
      clock: patientClock(),
    });
    await assert.rejects(call, { name: "StorageError", code: "CrcMismatch", key: "k" });
    assert.deepEqual(await readdir(folder), []);
  });
  await fc.assert(cases, { numRuns: 20 });
});

test("download() never mixes an object with the one that replaces it, and leaves nothing", async () => {
  for (const [size, resume] of [[3000, true], [3000, false], [2000, false], [4000, true]] as const) {
    let reads = 0;
    const replaced: { with?: OssBucket } = {};
    const { bucket, changed } = buckets((fetch) => async (url, init) => {
      if (init.method === "GET" && ++reads === 3) await replaced.with!.put("k", bytesOf(size, 7));
      return await fetch(url, init);
    });
    replaced.with = bucket;
    await bucket.put("k", bytesOf(3000));
    const folder = await newFolder();
    const call = download(changed, "k", join(folder, "k"), { rangeSize: 600, concurrency: 1, resume });
    await assert.rejects(call, { name: "StorageError", code: "ObjectChanged" });
    assert.deepEqual(await readdir(folder), []);
  }
});

test("download() goes on where an earlier one failed, at any point", async () => {
  const cases = fc.asyncProperty(fc.nat(5), fc.nat(999), async (complete, at) => {
    const faults = [...Array.from({ length: complete }, () => undefined), { kind: "break", at } as const];
    const { bucket, changed, reads } = buckets((fetch) => withBodyFaults(fetch, faults));
    await bucket.put("k", bytesOf(5500));
    const folder = await newFolder(), path = join(folder, "k");
    const options = { rangeSize: 1000, concurrency: 1, resume: true, retries: 0, clock: patientClock() };
    await assert.rejects(download(changed, "k", path, options), { code: "NetworkError" });
    assert.deepEqual((await readdir(folder)).sort(), [".k.pai-part", ".k.pai-part.jsonl"]);
    reads.length = 0;
    let first: DownloadProgress | undefined;
    await download(changed, "k", path, { ...options, onProgress: (progress) => first ??= progress });
    assert.equal(reads.length, 6 - complete);
    assert.equal(first?.done, 1000); // what was there is told first
    assert.deepEqual(await content(path), bytesOf(5500));
    assert.deepEqual(await readdir(folder), ["k"]);
  });
  await fc.assert(cases, { numRuns: 20 });
});

test("download() trusts neither the log nor the bytes that an earlier one left", async () => {
  const cases = fc.asyncProperty(
    fc.nat(400),
    fc.nat(2999),
    fc.constantFrom("log", "part", "both"),
    async (cut, at, of) => {
      const { bucket, changed } = buckets((fetch) =>
        withBodyFaults(fetch, [undefined, undefined, undefined, { kind: "break", at: 0 }])
      );
      await bucket.put("k", bytesOf(4000));
      const folder = await newFolder(), path = join(folder, "k"), part = join(folder, ".k.pai-part");
      const options = { rangeSize: 1000, concurrency: 1, resume: true, retries: 0, clock: patientClock() };
      await assert.rejects(download(changed, "k", path, options), { code: "NetworkError" });
      if (of !== "part") {
        const log = await readFile(`${part}.jsonl`);
        await writeFile(`${part}.jsonl`, log.subarray(0, cut % log.length));
      }
      if (of !== "log") {
        const bytes = await readFile(part);
        bytes[at]! ^= 1;
        await writeFile(part, bytes.subarray(0, at + 1));
      }
      await download(changed, "k", path, options);
      assert.deepEqual(await content(path), bytesOf(4000));
      assert.deepEqual(await readdir(folder), ["k"]);
    },
  );
  await fc.assert(cases, { numRuns: 40 });
});

test("download() begins anew when the object is another than the one it has parts of", async () => {
  const { bucket, changed } = buckets((fetch) =>
    withBodyFaults(fetch, [undefined, { kind: "break", at: 0 }])
  );
  await bucket.put("k", bytesOf(2000));
  const path = join(await newFolder(), "k");
  const options = { rangeSize: 1000, concurrency: 1, resume: true, retries: 0 };
  await assert.rejects(download(changed, "k", path, options));
  await bucket.put("k", bytesOf(2000, 7));
  await download(changed, "k", path, options);
  assert.deepEqual(await content(path), bytesOf(2000, 7));
});

test("download() puts nothing in place of another download's part file", async () => {
  const { bucket } = buckets();
  const inside: { run?: () => Promise<unknown> } = {};
  const { bucket: other, changed } = buckets((fetch) => async (url, init) => {
    const response = await fetch(url, init);
    if (init.method === "GET") await inside.run?.();
    return response;
  });
  await bucket.put("k", bytesOf(2000));
  await other.put("k", bytesOf(1000, 7));
  const folder = await newFolder(), path = join(folder, "k");
  const stop = new AbortController();
  inside.run = async () => { // begins, and leaves its part file
    const begun = download(bucket, "k", path, {
      rangeSize: 500,
      concurrency: 1,
      resume: true,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await assert.rejects(begun, { message: "enough" });
  };
  await assert.rejects(download(changed, "k", path, { resume: true }), { code: "PartFileInUse" });
  await assert.rejects(stat(path), { code: "ENOENT" });
});

test("download() reads at most so many ranges at once", async () => {
  let now = 0, most = 0;
  const { bucket, changed } = buckets((fetch) => async (url, init) => {
    most = Math.max(most, ++now);
    try {
      const response = await fetch(url, init);
      await new Promise((resolve) => setTimeout(resolve, 0));
      return response;
    } finally {
      now--;
    }
  });
  for (let i = 0; i < 5; i++) await bucket.put(`f/${i}`, bytesOf(5000));
  await download(changed, "f/", await newFolder(), { rangeSize: 500, concurrency: 3 });
  assert.equal(most, 3);
});

test("download() makes a folder of what is below a prefix", async () => {
  const keys = ["m/a.txt", "m/sub/b", "m/sub/.c", "m/目录/文件 名", "m/Empty/", "m/", "n/other", "m/0"];
  const { bucket } = buckets();
  for (const key of keys) await bucket.put(key, key.endsWith("/") || key === "m/0" ? "" : key);
  const folder = join(await newFolder(), "new/folder");
  const { files, path, size } = await download(bucket, "m/", pathToFileURL(folder));
  const expected = ["m/0", "m/a.txt", "m/sub/.c", "m/sub/b", "m/目录/文件 名"];
  assert.deepEqual(files.map(({ key }) => key), expected);
  assert.equal(path, folder);
  assert.equal(size, new TextEncoder().encode(expected.slice(1).join("")).length);
  for (const { key, path } of files) {
    assert.equal(path, join(folder, key.slice(2)));
    assert.equal(await readFile(path, "utf8"), key === "m/0" ? "" : key);
  }
  assert.ok((await stat(join(folder, "Empty"))).isDirectory());
});

test("download() refuses keys that can't be paths before it reads any object", async () => {
  const cases: [keys: string[], problem: RegExp][] = [
    [["a", "b//c"], /the key "m\/b\/\/c" has an empty segment/],
    [["a", "/etc/passwd"], /is absolute/],
    [["a", "b\\..\\c"], /backslash/],
    [["a", "C:evil"], /drive/],
    [["a", "nul\0"], /NUL/],
    [["a", "a/b"], /"m\/a" would be a file and a folder at once/],
    [["a", "x.pai-part"], /keep for themselves/],
  ];
  for (const [paths, problem] of cases) {
    const { bucket, changed, reads } = buckets();
    for (const path of paths) await bucket.put(`m/${path}`, "content");
    const folder = join(await newFolder(), "new");
    await assert.rejects(download(changed, "m/", folder), { code: "UnusableKey", message: problem });
    assert.deepEqual(reads, []);
    await assert.rejects(stat(folder), { code: "ENOENT" });
  }
  const evil = { ...memory(), bucket: "evil" }; // one that lists what OSS could not be asked for
  evil.list = async function* () {
    yield { key: "m/../../x", size: 1, etag: "", lastModified: new Date() };
  };
  await assert.rejects(download(evil, "m/", await newFolder()), {
    code: "UnusableKey",
    message: /"\.\." segment/,
  });
});

test("download() takes keys that differ in case where the file system tells them apart", async () => {
  const { bucket, changed, reads } = buckets();
  for (const key of ["m/Read.me", "m/read.ME"]) await bucket.put(key, key);
  const folder = await newFolder();
  await writeFile(join(folder, "probe"), "");
  const knowsCase = await stat(join(folder, "PROBE")).then(() => false, () => true);
  await rm(join(folder, "probe"));
  if (knowsCase) {
    await download(changed, "m/", folder);
    assert.deepEqual((await readdir(folder)).sort(), ["Read.me", "read.ME"]);
  } else {
    await assert.rejects(download(changed, "m/", folder), { code: "UnusableKey", message: /one name/ });
    assert.deepEqual([await readdir(folder), reads], [[], []]);
  }
});

test("download() leaves a file that is the object's, and does with others what it is told", async () => {
  const { bucket, changed, reads } = buckets();
  await bucket.put("m/k", bytesOf(1000));
  const folder = await newFolder(), path = join(folder, "k");
  for (const key of ["m/k", "m/"]) {
    const target = key === "m/" ? folder : path;
    const skipped = async (options = {}): Promise<boolean> => {
      const { files } = await download(changed, key, target, options);
      assert.deepEqual(await content(path), bytesOf(1000));
      return files[0]!.skipped;
    };
    await writeFile(path, bytesOf(1000, 7)); // as long, but another
    assert.equal(await skipped(), false);
    assert.equal(await skipped(), true);
    let loaded = 0;
    assert.equal(
      await skipped({ onProgress: (progress: DownloadProgress) => loaded = progress.done }),
      true,
    );
    assert.equal(loaded, 1000);
    reads.length = 0;
    assert.equal(await skipped({ overwrite: true }), false);
    assert.equal(reads.length, 1);
    await writeFile(path, "mine");
    const refused = download(changed, key, target, { overwrite: false });
    await assert.rejects(refused, { name: "PaiError", code: "EEXIST", message: /`overwrite: true`/ });
    assert.equal(await readFile(path, "utf8"), "mine");
    assert.equal(reads.length, 1);
  }
});

test("download() works with any storage that knows ranges", async () => {
  const storage = memory();
  await storage.put("k", bytesOf(1000));
  const path = join(await newFolder(), "k");
  await download(storage, "k", path, { rangeSize: 300 });
  assert.deepEqual(await content(path), bytesOf(1000));
});

test("download() says what is not there, and what can't be written", async () => {
  const { bucket, changed, reads } = buckets();
  await bucket.put("k", "content");
  const folder = await newFolder();
  await writeFile(join(folder, "file"), "");
  await assert.rejects(download(changed, "none", join(folder, "k")), {
    name: "StorageError",
    code: "NoSuchKey",
  });
  await assert.rejects(download(changed, "none/", join(folder, "k")), {
    name: "StorageError",
    code: "NoSuchKey",
  });
  await assert.rejects(download(changed, "k", folder), {
    name: "PaiError",
    code: "EISDIR",
    message: /name of the file/,
  });
  await assert.rejects(download(changed, "k", join(folder, "file/k")), { name: "PaiError", code: "ENOTDIR" });
  await assert.rejects(download(changed, "k", join(folder, "n".repeat(256))), { code: "ENAMETOOLONG" });
  assert.deepEqual(await readdir(folder), ["file"]);
  assert.deepEqual(reads, []);
});

test("download() refuses arguments that can't be, before any request", async () => {
  const { changed, reads } = buckets((fetch) => (url, init) => {
    reads.push("request");
    return fetch(url, init);
  });
  for (
    const options of [{ rangeSize: 0 }, { rangeSize: 1.5 }, { concurrency: 0 }, { idleTimeout: 0 }, {
      retries: -1,
    }]
  ) {
    await assert.rejects(download(changed, "k", home, options), RangeError);
  }
  for (const path of ["", "a\0b", new URL("https://example.com/x")]) {
    await assert.rejects(download(changed, "k", path), TypeError);
  }
  await assert.rejects(download(changed, "a/../b", join(home, "x")), TypeError);
  await assert.rejects(download(changed, "k", home, { signal: AbortSignal.abort(new Error("no")) }), {
    message: "no",
  });
  assert.deepEqual(reads, []);
});

test("download() ends with its signal, and leaves nothing", async () => {
  for (const key of ["m/k", "m/"]) {
    const stop = new AbortController();
    const { bucket, changed } = buckets((fetch) =>
      withBodyFaults(fetch, [undefined, undefined, { kind: "stall", at: 9 }])
    );
    await bucket.put("m/k", bytesOf(3000));
    const folder = await newFolder(), target = join(folder, "new/sub");
    const call = download(changed, key, target, {
      rangeSize: 1000,
      concurrency: 1,
      signal: stop.signal,
      clock: patientClock(),
      onProgress: ({ done }) => done === 2000 && setTimeout(() => stop.abort(new Error("enough")), 0),
    });
    await assert.rejects(call, { message: "enough" });
    assert.deepEqual(
      (await readdir(folder, { recursive: true })).sort(),
      key === "m/" ? ["new", join("new", "sub")] : [],
    );
  }
});

test("download() of a folder ends with its first failure, and keeps only files that were complete", async () => {
  const { bucket, changed } = buckets((fetch) => (url, init) =>
    init.method === "GET" && url.includes("/b")
      ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 })
      : fetch(url, init)
  );
  for (const key of ["m/a", "m/b", "m/c", "m/d"]) await bucket.put(key, key);
  const folder = await newFolder();
  const call = download(changed, "m/", folder, { concurrency: 1 });
  await assert.rejects(call, { name: "StorageError", code: "AccessDenied", key: "m/b" });
  assert.deepEqual(await readdir(folder), ["a"]);
});

test("download() extracts an archive on its way, and nothing of one that is not what was stored", async () => {
  const files = { "model.json": "{}", "sub/weights.bin": bytesOf(200_000) };
  for (const pack of [tar, tarGz]) {
    const faults = [{ kind: "break", at: 600 }, undefined, { kind: "flip", at: 5000 }] as const;
    const { bucket, changed } = buckets((fetch) => withBodyFaults(fetch, faults));
    const archive = new Uint8Array(await new Response(pack(fromMap(files))).arrayBuffer());
    await bucket.put("model.archive", archive);
    const folder = await newFolder(), target = join(folder, "new/model");
    let last: DownloadProgress | undefined;
    const { extracted, ...rest } = await download(changed, "model.archive", target, {
      extract,
      clock: patientClock(),
      onProgress: (progress) => last = progress,
    });
    assert.deepEqual(rest, { path: target, size: archive.length, files: [] });
    assert.deepEqual(extracted, { path: target, files: 2, bytes: 200_002 });
    assert.deepEqual(last, { key: "model.archive", done: archive.length, total: archive.length });
    assert.equal(await readFile(join(target, "model.json"), "utf8"), "{}");
    assert.deepEqual(await content(join(target, "sub/weights.bin")), bytesOf(200_000));

    const again = join(folder, "again");
    await assert.rejects(download(changed, "model.archive", again, { extract }), Error);
    assert.deepEqual(await readdir(folder), ["new"]);
    const taken = download(bucket, "model.archive", target, { extract });
    await assert.rejects(taken, { name: "PaiError", code: "EEXIST" });
    await download(bucket, "model.archive", target, { extract, overwrite: true });
    await assert.rejects(download(bucket, "none", again, { extract }), { code: "NoSuchKey" });
    await assert.rejects(
      download(bucket, "model.archive", again, { extract, resume: true }),
      TypeError,
    );
  }
});

test("download() extracts nothing that leaves its folder", async () => {
  const { bucket } = buckets();
  const archive = new Uint8Array(await new Response(tar(fromMap({ "aa/evil": "x" }))).arrayBuffer());
  const header = archive.subarray(0, 512);
  header.set(new TextEncoder().encode("../evil"));
  header.fill(32, 148, 156); // the sum of a header counts its own place as blanks
  const sum = header.reduce((sum, byte) => sum + byte, 0);
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  await bucket.put("evil.tar", archive);
  const folder = await newFolder();
  const call = download(bucket, "evil.tar", join(folder, "sub"), { extract });
  await assert.rejects(call, { name: "PaiError", code: "UnsafeArchive" });
  assert.deepEqual(await readdir(folder), []);
});

/** Runs schedules of faults by their seeds; a message of a failure names the seed, which repeats it. */
async function underFaults(first: number, runs: number): Promise<string> {
  let right = 0;
  const codes = new Set<string>();
  for (let seed = first; seed < first + runs; seed++) {
    const cloud = emulator({ buckets: ["models"] });
    const make = (fetch: Fetch): OssBucket =>
      oss(createClient({ ...cloud, fetch, clock: fakeClock(Date.now()) }), { bucket: "models" });
    await make(cloud.fetch).put("k", bytesOf(3000));
    const kinds = ["refuse", "drop", "cut", "end", "flip", "wrong-crc"] as const;
    const faulty = make(withFaults(cloud.fetch, randomFaults(seed, { rate: 0.5, most: 3, kinds })));
    const folder = await newFolder(), path = join(folder, "k");
    const options = { rangeSize: 1000, resume: seed % 2 === 0, clock: patientClock() };
    try {
      await download(faulty, "k", path, options);
      assert.deepEqual(await content(path), bytesOf(3000), `seed ${seed}`);
      right++;
    } catch (error) {
      const { name, code }: { name?: string; code?: string } = Object(error);
      assert.equal(name, "StorageError", `seed ${seed}: ${error}`);
      codes.add(`${code}`);
      const left = (await readdir(folder)).filter((name) => !name.includes(".pai-part"));
      assert.deepEqual(left, [], `seed ${seed}`);
      if (!options.resume) assert.deepEqual(await readdir(folder), [], `seed ${seed}`);
    }
    await download(make(cloud.fetch), "k", path, options); // goes on from whatever was left
    assert.deepEqual(await content(path), bytesOf(3000), `seed ${seed}`);
    assert.deepEqual(await readdir(folder), ["k"], `seed ${seed}`);
  }
  assert.ok(right > runs / 4 && codes.has("CrcMismatch"));
  return `seeds ${first} to ${first + runs - 1}: ${right} right at once, others ${
    [...codes].sort().join(", ")
  }`;
}

for (const first of [0, 100, 200, 300, 400]) {
  test(`download() gives the right bytes or a clear error under 100 schedules of faults from ${first}`, async (t) => {
    t.diagnostic(await underFaults(first, 100));
  });
}
