import { test } from "node:test";
import assert from "node:assert/strict";
import { type Endpoint, isLocalEndpoint, parseEndpoint } from "../../plugins/local-docker/engine/endpoint.ts";
import { howToStart } from "../../plugins/local-docker/engine/how-to-start.ts";
import { locate } from "../../plugins/local-docker/engine/locate.ts";
import { usualSockets } from "../../plugins/local-docker/engine/usual-sockets.ts";
import { fakeMachine, type MachineParts } from "../support/fake_machine.ts";

const tls = { ca: "CA" };
const endpoints: [address: string, tls: typeof tls | undefined, endpoint: Endpoint, isLocal: boolean][] = [
  ["unix:///var/run/docker.sock", undefined, {
    address: "unix:///var/run/docker.sock",
    socketPath: "/var/run/docker.sock",
  }, true],
  ["/x y.sock", undefined, { address: "unix:///x y.sock", socketPath: "/x y.sock" }, true],
  ["npipe:////./pipe/docker_engine", undefined, {
    address: "npipe:////./pipe/docker_engine",
    socketPath: "\\\\.\\pipe\\docker_engine",
  }, true],
  ["npipe://\\\\.\\pipe\\docker_engine", undefined, {
    address: "npipe:////./pipe/docker_engine",
    socketPath: "\\\\.\\pipe\\docker_engine",
  }, true],
  [
    "tcp://127.0.0.1:2375",
    undefined,
    { address: "tcp://127.0.0.1:2375", hostname: "127.0.0.1", port: 2375 },
    true,
  ],
  ["tcp://docker", undefined, { address: "tcp://docker:2375", hostname: "docker", port: 2375 }, false],
  ["tcp://docker", tls, { address: "https://docker:2376", hostname: "docker", port: 2376, tls }, false],
  ["tcp://docker:80", undefined, { address: "tcp://docker:80", hostname: "docker", port: 80 }, false],
  ["https://h:1/a/b/", undefined, {
    address: "https://h:1/a/b",
    hostname: "h",
    port: 1,
    basePath: "/a/b",
    tls: {},
  }, false],
  ["tcp://[::1]:2375", undefined, { address: "tcp://[::1]:2375", hostname: "::1", port: 2375 }, true],
  ["tcp://me:secret@h:1", undefined, { address: "tcp://h:1", hostname: "h", port: 1 }, false],
];
for (const [address, tls, endpoint, isLocal] of endpoints) {
  test(`parseEndpoint() reads ${address}${tls ? " with certificates" : ""}`, () => {
    assert.deepEqual(parseEndpoint(address, tls), endpoint);
    assert.equal(isLocalEndpoint(endpoint), isLocal);
  });
}

for (
  const address of [
    "",
    "docker",
    "unix://x",
    "npipe://x",
    "tcp://",
    "fd://",
    "ssh://me:secret@h",
    "ftp://me:secret@h",
  ]
) {
  test(`parseEndpoint() refuses "${address}", without its secrets`, () => {
    assert.throws(() => parseEndpoint(address), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^Cannot use .*: \S/);
      assert.doesNotMatch(error.message, /secret/);
      if (address.startsWith("ssh")) assert.match(error.message, /ssh -nNT -L/);
      return true;
    });
  });
}

// sha256 of "colima"
const id = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16";
const meta = `/u/.docker/contexts/meta/${id}/meta.json`;
const contextFiles = {
  "/u/.docker/config.json": '{"currentContext":"colima"}',
  [meta]: '{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///colima.sock","SkipTLSVerify":false}}}',
};

/** Who names the engine, and where it is looked for then. */
const named: [
  who: string,
  parts: MachineParts,
  wanted: Parameters<typeof locate>[1],
  address: string,
  source: RegExp,
][] = [
  [
    "an option",
    { env: { DOCKER_HOST: "unix:///env.sock" } },
    { host: "unix:///o.sock" },
    "unix:///o.sock",
    /host/,
  ],
  [
    "DOCKER_HOST",
    { env: { DOCKER_HOST: "unix:///env.sock", DOCKER_CONTEXT: "x" } },
    {},
    "unix:///env.sock",
    /DOCKER_HOST/,
  ],
  [
    "DOCKER_CONTEXT",
    { env: { DOCKER_CONTEXT: "colima" }, files: contextFiles },
    {},
    "unix:///colima.sock",
    /DOCKER_CONTEXT/,
  ],
  ["the context in use", { files: contextFiles }, {}, "unix:///colima.sock", /the context in use/],
  [
    "an option's context",
    { env: { DOCKER_HOST: "x" }, files: contextFiles },
    { context: "colima" },
    "unix:///colima.sock",
    /colima/,
  ],
  [
    "DOCKER_CONFIG's context",
    {
      env: { DOCKER_CONFIG: "/c" },
      files: {
        "/c/config.json": contextFiles["/u/.docker/config.json"]!,
        [meta.replace("/u/.docker", "/c")]: contextFiles[meta]!,
      },
    },
    ...[{}, "unix:///colima.sock", /the context in use/] as const,
  ],
];
for (const [who, parts, wanted, address, source] of named) {
  test(`locate() takes what ${who} names, and nothing else`, async () => {
    const [found, ...more] = await locate(fakeMachine(parts), wanted);
    assert.deepEqual(more, []);
    assert.equal(found?.address, address);
    assert.match(found?.source ?? "", source);
    assert.ok(found?.endpoint);
  });
}

test("locate() takes the usual sockets when nothing is named, or the default context is", async () => {
  const usual = usualSockets(fakeMachine()).map(({ path }) => path);
  for (const env of [{}, { DOCKER_CONTEXT: "default" }, { DOCKER_HOST: "" }]) {
    assert.deepEqual((await locate(fakeMachine({ env }))).map(({ address }) => address), usual);
  }
  const machine = fakeMachine({ env: { DOCKER_HOST: "unix:///x" } });
  assert.deepEqual((await locate(machine, { context: "default" })).map(({ address }) => address), usual);
});

test("locate() reads the certificates that the variables or a context name", async () => {
  const files = {
    "/certs/ca.pem": "CA",
    "/certs/cert.pem": "CERT",
    "/certs/key.pem": "KEY",
    "/u/.docker/ca.pem": "HOME",
  };
  const tlsOf = async (env: Record<string, string>) =>
    (await locate(fakeMachine({ env: { DOCKER_HOST: "tcp://h:2376", ...env }, files })))[0]?.endpoint?.tls;
  assert.deepEqual(await tlsOf({ DOCKER_CERT_PATH: "/certs" }), { ca: "CA", cert: "CERT", key: "KEY" });
  assert.deepEqual(await tlsOf({ DOCKER_TLS_VERIFY: "1" }), { ca: "HOME" });
  assert.deepEqual(await tlsOf({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/none" }), {});
  assert.equal(await tlsOf({}), undefined);

  const context = (skip: boolean) => ({
    [meta]: `{"Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":${skip}}}}`,
    [`/u/.docker/contexts/tls/${id}/docker/ca.pem`]: "CONTEXT",
  });
  const ofContext = async (skip: boolean) =>
    (await locate(fakeMachine({ files: context(skip) }), { context: "colima" }))[0]?.endpoint?.tls;
  assert.deepEqual(await ofContext(false), { ca: "CONTEXT" });
  assert.deepEqual(await ofContext(true), { ca: "CONTEXT", skipVerify: true });
});

test("what the machine names wrongly is a place that can't be used; what the options name wrongly is a TypeError", async () => {
  const ssh = await locate(fakeMachine({ env: { DOCKER_HOST: "ssh://me:secret@h" } }));
  assert.equal(ssh[0]?.endpoint, undefined);
  assert.match(ssh[0]?.reason ?? "", /SSH is not spoken here/);
  assert.doesNotMatch(JSON.stringify(ssh), /secret/);
  const none = await locate(fakeMachine({ env: { DOCKER_CONTEXT: "gone" } }));
  assert.match(none[0]?.reason ?? "", /there is none; docker context ls/);
  const odd = await locate(fakeMachine({ files: { ...contextFiles, [meta]: "not JSON" } }));
  assert.match(odd[0]?.reason ?? "", /names no engine/);

  await assert.rejects(locate(fakeMachine(), { host: "ssh://h" }), TypeError);
  await assert.rejects(locate(fakeMachine(), { context: "gone" }), TypeError);
  await assert.rejects(locate(fakeMachine(), { host: "unix:///x", context: "y" }), TypeError);
  await assert.rejects(locate(fakeMachine({ files: { "/u/.docker/config.json": "{secret" } })), (error) => {
    assert.ok(error instanceof SyntaxError);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("usualSockets() knows the engines of each system", () => {
  const paths = (parts: MachineParts): string[] => usualSockets(fakeMachine(parts)).map(({ path }) => path);
  const linux = paths({ platform: "linux" });
  for (
    const path of [
      ...["/var/run/docker.sock", "/run/user/1000/docker.sock", "/run/user/1000/podman/podman.sock"],
      ...["/u/.docker/run/docker.sock", "/u/.docker/desktop/docker.sock", "/u/.colima/default/docker.sock"],
      ...["/u/.rd/docker.sock", "/u/.lima/docker/sock/docker.sock", "/run/podman/podman.sock"],
    ]
  ) assert.ok(linux.includes(`unix://${path}`), path);
  assert.equal(linux[0], "unix:///var/run/docker.sock");
  assert.ok(!linux.some((path) => path.includes("orbstack")));
  assert.ok(paths({ env: { XDG_RUNTIME_DIR: "/run/x" } }).includes("unix:///run/x/docker.sock"));
  assert.ok(!paths({ uid: 0 }).some((path) => path.includes("/run/user/")));
  assert.ok(paths({ platform: "darwin" }).includes("unix:///u/.orbstack/run/docker.sock"));
  assert.ok(!paths({ platform: "darwin" }).some((path) => path.includes("/run/user/")));
  assert.deepEqual(paths({ platform: "win32" })[0], "npipe:////./pipe/docker_engine");
  for (const platform of ["linux", "darwin", "win32"]) {
    for (const path of paths({ platform })) assert.equal(parseEndpoint(path).address, path);
    assert.match(howToStart(platform), /start/);
  }
});
