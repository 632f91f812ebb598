import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { fromMap } from "../../../plugins/storage/map.ts";
import { fromGit, type FromGitOptions } from "../../../plugins/storage/git.ts";

// Through the shell and a server of Git's own, as only a system like Unix has them.
const skip = process.platform === "win32" || spawnSync("git", ["--version"]).status !== 0;
const home = await realpath(await mkdtemp(join(tmpdir(), "git-test-")));
after(() => rm(home, { recursive: true }));

// Temporary folders of this process alone, to see which are left.
const temporary = join(home, "tmp");
await mkdir(temporary);
const before = process.env.TMPDIR;
process.env.TMPDIR = temporary;
after(() => before === undefined ? delete process.env.TMPDIR : process.env.TMPDIR = before);
const leftovers = (): Promise<string[]> => readdir(temporary);

let repos = 0;
async function repoWith(...commits: Record<string, string>[]): Promise<{ repo: string; ids: string[] }> {
  const repo = join(home, `repo-${repos++}`);
  await mkdir(repo);
  const git = gitIn(repo);
  git("init", "-q", "-b", "main");
  const ids: string[] = [];
  for (const files of commits) {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(repo, path)), { recursive: true });
      await writeFile(join(repo, path), content);
    }
    git("add", "-A");
    git("commit", "-q", "-m", "more");
    ids.push(git("rev-parse", "HEAD"));
  }
  return { repo, ids };
}

function gitIn(repo: string): (...args: string[]) => string {
  const who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"];
  return (...args) => execFileSync("git", ["-C", repo, ...who, ...args], { encoding: "utf8" }).trim();
}

/** Reads what a source holds, and removes it. */
async function read(options: FromGitOptions): Promise<Record<string, string>> {
  const source = await fromGit({ local: true, ...options });
  try {
    const files: Record<string, string> = {};
    for await (const { path, open } of source) files[path] = await new Response(open()).text();
    return files;
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

test("fromGit() takes a branch, a tag, a commit or the default branch", { skip }, async () => {
  const { repo, ids } = await repoWith({ a: "1", ".gitignore": "x" }, { a: "2" }, { a: "3" });
  const git = gitIn(repo);
  git("branch", "old", ids[1]!);
  git("tag", "v1", ids[0]!);
  git("tag", "-a", "-m", "annotated", "v2", ids[1]!);
  const cases: [Partial<FromGitOptions>, string][] = [
    [{}, "3"],
    [{ branch: "main" }, "3"],
    [{ branch: "old" }, "2"],
    [{ branch: "v1" }, "1"],
    [{ branch: "v2" }, "2"],
    [{ commit: ids[0] }, "1"],
    [{ commit: ids[1]!.toUpperCase() }, "2"],
    [{ commit: ids[1]!.slice(0, 10) }, "2"],
    [{ branch: "main", commit: ids[0] }, "1"],
  ];
  for (const [options, a] of cases) {
    assert.deepEqual(await read({ repo, ...options }), { ".gitignore": "x", a }, JSON.stringify(options));
  }
  for (const address of [pathToFileURL(repo).href, relative(process.cwd(), repo)]) {
    assert.deepEqual(await read({ repo: address }), { ".gitignore": "x", "a": "3" });
  }
  assert.deepEqual(await leftovers(), []);
});

test("fromGit() is a source on this machine until it is disposed of", { skip }, async () => {
  const { repo, ids } = await repoWith({ "a": "1", "model/b": "2", "model/.paiignore": "c", "model/c": "3" });
  const source = await fromGit({ repo, local: true });
  assert.equal(source.commit, ids[0]);
  assert.equal(source.label, `${repo}@${ids[0]}`);
  assert.equal(await source.kind(), "directory");
  assert.deepEqual((await readdir(source.directory)).sort(), ["a", "model"]);
  assert.equal(await source.digest(), await fromMap({ "a": "1", "model/b": "2" }).digest());
  await source[Symbol.asyncDispose]();
  await assert.rejects(source.digest(), { code: "ENOENT" });
  await source[Symbol.asyncDispose]();

  const part = await fromGit({ repo, local: true, directory: "model/", ignore: false });
  assert.equal(part.label, `${repo}@${ids[0]}/model`);
  assert.deepEqual((await Array.fromAsync(part)).map(({ path }) => path), [".paiignore", "b", "c"]);
  await part[Symbol.asyncDispose]();
  assert.deepEqual(await leftovers(), []);
});

test("fromGit() leaves nothing behind when something is not there", { skip }, async () => {
  const { repo } = await repoWith({ "a": "1" });
  const missing: [Partial<FromGitOptions>, string][] = [
    [{ branch: "nope" }, "NoSuchCommit"],
    [{ commit: "1".repeat(40) }, "NoSuchCommit"],
    [{ commit: "1234567" }, "NoSuchCommit"],
    [{ directory: "nope" }, "ENOENT"],
    [{ directory: "a" }, "ENOENT"],
    [{ repo: join(home, "nope") }, "GitFailed"],
    [{ git: join(home, "no-git") }, "GitMissing"],
  ];
  for (const [options, code] of missing) {
    await assert.rejects(fromGit({ repo, local: true, ...options }), (error: Error & { code?: string }) => {
      assert.deepEqual([error.name, error.code], ["PaiError", code], error.message);
      return /^Cannot read the repository "\//.test(error.message);
    });
  }
  for (const directory of ["..", "/etc", "a/../..", ""]) {
    await assert.rejects(fromGit({ repo, local: true, directory }), { name: "TypeError" });
  }
  await assert.rejects(fromGit({ repo }), { name: "TypeError", message: /local: true/ });
  assert.deepEqual(await leftovers(), []);
});

test("fromGit() follows no link out of the repository", { skip }, async () => {
  const { repo } = await repoWith({ "a": "1" });
  await symlink(home, join(repo, "out"));
  await symlink("/etc/passwd", join(repo, "passwd"));
  gitIn(repo)("add", "-A");
  gitIn(repo)("commit", "-q", "-m", "links");
  await assert.rejects(fromGit({ repo, local: true, directory: "out" }), { code: "ENOENT" });
  await assert.rejects(read({ repo }), { code: "UnusableFile", message: /leaves the folder/ });
});

test("fromGit() runs nothing of the environment's or the repository's choosing", { skip }, async () => {
  const { repo } = await repoWith({ a: "1" });
  const evil = join(home, "evil");
  const script = join(home, "hook.sh");
  await writeFile(script, `#!/bin/sh\ntouch ${evil}\n`);
  await chmod(script, 0o755);
  await writeFile(join(repo, ".git", "hooks", "post-checkout"), `#!/bin/sh\ntouch ${evil}\n`, {
    mode: 0o755,
  });
  const others = { ...process.env };
  Object.assign(process.env, { GIT_DIR: "/nowhere", GIT_TRACE: join(home, "trace"), GIT_ASKPASS: script });
  try {
    assert.deepEqual(await read({ repo }), { a: "1" });
  } finally {
    for (const name of ["GIT_DIR", "GIT_TRACE", "GIT_ASKPASS"]) {
      if (others[name] === undefined) delete process.env[name];
      else process.env[name] = others[name];
    }
  }
  const names = await readdir(home);
  assert.equal(temporary, tmpdir());
  assert.ok(!names.includes("evil") && !names.includes("trace"), `${names}`);
});

/** Serves repositories below `home` as Git's own server does, to those who know the password. */
async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; address: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // of a server that listens on TCP
  return { server, address: `http://127.0.0.1:${port}` };
}

function backend(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x");
  const child = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: home,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method!,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: `${request.headers["content-encoding"] ?? ""}`,
      GIT_PROTOCOL: `${request.headers["git-protocol"] ?? ""}`,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(child.stdin);
  const chunks: Uint8Array[] = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf("\r\n\r\n");
    const headers = answer.subarray(0, end).toString().split("\r\n").map((line) =>
      line.split(": ") as [string, string]
    );
    const status = headers.find(([name]) => name === "Status")?.[1];
    response.writeHead(status ? parseInt(status) : 200, Object.fromEntries(headers));
    response.end(answer.subarray(end + 4));
  });
}

test("fromGit() sends credentials to a server, and shows them to nobody", { skip }, async () => {
  const { repo } = await repoWith({ a: "1" }, { a: "2" });
  const seen: (string | undefined)[] = [];
  const { server, address } = await serve((request, response) => {
    seen.push(request.headers.authorization);
    if (request.headers.authorization === `Basic ${btoa("me:sesame")}`) return backend(request, response);
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end("who are you?");
  });
  const log = join(home, "log");
  const spy = join(home, "git-spy");
  await writeFile(spy, `#!/bin/sh\necho "$@" >> ${log}\nexec git "$@"\n`);
  await chmod(spy, 0o755);
  try {
    const url = `${address}/${repo.slice(home.length + 1)}/.git`;
    assert.deepEqual(await read({ repo: url, username: "me", password: "sesame", git: spy }), { a: "2" });
    assert.ok(seen.length >= 2 && seen.every((header) => header === `Basic ${btoa("me:sesame")}`), `${seen}`);
    const commands = await readFile(log, "utf8");
    assert.match(commands, /fetch/);
    assert.doesNotMatch(commands, new RegExp(`sesame|${btoa("me:sesame")}`));
    for (const credentials of [{ token: "swordfish" }, { username: "me", password: "swordfish" }, {}]) {
      await assert.rejects(
        fromGit({ repo: url, local: true, ...credentials }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "GitDenied", error.message);
          assert.doesNotMatch(
            JSON.stringify([error.message, `${error.stack}`, error]),
            /swordfish|c3dvcmRmaXNo/,
          );
          return true;
        },
      );
    }
  } finally {
    server.close();
  }
  assert.deepEqual(await leftovers(), []);
});

test("fromGit() shows no secret that a server sends back", { skip }, async () => {
  const { server, address } = await serve((request, response) => {
    const said = `you sent ${request.headers.authorization} which is ${
      atob(request.headers.authorization!.slice(6))
    }`;
    response.writeHead(500, { "content-type": "text/plain" }).end(said);
  });
  try {
    await assert.rejects(
      fromGit({ repo: `${address}/x`, local: true, token: "swordfish" }),
      (error: Error) => {
        assert.match(error.message, /you sent .*\*\*\* which is x-access-token:\*\*\*/);
        assert.doesNotMatch(error.message, new RegExp(`swordfish|${btoa("x-access-token:swordfish")}`));
        return true;
      },
    );
  } finally {
    server.close();
  }
});

test("fromGit() ends Git and all that it started, when aborted or late", { skip }, async () => {
  const sockets: Socket[] = [];
  const arrived = Promise.withResolvers<Socket>();
  const server = createNetServer((socket) => {
    sockets.push(socket.on("error", () => {})); // and never a word
    arrived.resolve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const repo = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`; // of a server that listens on TCP
  try {
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("enough");
    const expected = assert.rejects(fromGit({ repo, local: true, signal }), (error) => error === reason);
    const socket = await arrived.promise;
    const closed = new Promise((resolve) => socket.on("close", resolve).resume());
    controller.abort(reason);
    await expected;
    await closed; // by the end of the helper that Git had started to talk with the server
    await assert.rejects(fromGit({ repo, local: true, timeout: 20 }), {
      name: "TimeoutError",
      message: /^Cannot read the repository "http:.*: no answer within 20 ms$/,
    });
    await assert.rejects(fromGit({ repo, local: true, signal }), (error) => error === reason);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  assert.deepEqual(await leftovers(), []);
});
