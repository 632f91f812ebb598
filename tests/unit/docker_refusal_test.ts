import { test } from "node:test";
import assert from "node:assert/strict";
import type { DockerErrorCode } from "../../plugins/local-docker/engine/docker-error.ts";
import { refusal, saidIn } from "../../plugins/local-docker/engine/refusal.ts";
import { whyNot } from "../../plugins/local-docker/engine/why-not.ts";
import { TimeoutError } from "../../core/errors.ts";

/** What engines say: Docker 20.10 to 28 and Podman 4 and 5. */
const said: [status: number | undefined, text: string, code: DockerErrorCode][] = [
  [404, "No such image: x:1", "IMAGE_NOT_FOUND"],
  [500, "no such image: localhost/x:1: image not known", "IMAGE_NOT_FOUND"],
  [404, "No such container: x", "NOT_FOUND"],
  [
    404,
    'the container doesn\'t exists: no container with name or ID "x" found: no such container',
    "NOT_FOUND",
  ],
  [404, "get x: no such volume", "NOT_FOUND"],
  [409, 'Conflict. The container name "/x" is already in use by container "1".', "CONFLICT"],
  [
    500,
    'creating container storage: the container name "x" is already in use by 1. You have to remove',
    "CONFLICT",
  ],
  [409, "remove x: volume is in use - [1]", "CONFLICT"],
  [
    500,
    "driver failed programming external connectivity on endpoint x (1): Bind for 127.0.0.1:8000 failed: port is already allocated",
    "PORT_TAKEN",
  ],
  [
    500,
    "Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use",
    "PORT_TAKEN",
  ],
  [500, "ports are not available: exposing port TCP 0.0.0.0:80", "PORT_TAKEN"],
  [500, "write /data/x: no space left on device", "NO_SPACE"],
  [undefined, "failed to register layer: write /x: no space left on device", "NO_SPACE"],
  [500, 'could not select device driver "" with capabilities: [[gpu]]', "NO_DEVICE"],
  [400, "unknown or invalid runtime name: nvidia", "NO_DEVICE"],
  [
    400,
    'OCI runtime create failed: runc create failed: exec: "serve": executable file not found in $PATH: unknown',
    "COMMAND_NOT_FOUND",
  ],
  [500, "executable file `serve` not found in $PATH: No such file or directory", "COMMAND_NOT_FOUND"],
  [
    400,
    'OCI runtime create failed: exec: "/x": stat /x: no such file or directory: unknown',
    "COMMAND_NOT_FOUND",
  ],
  [400, "exec /bin/x: exec format error", "COMMAND_NOT_FOUND"],
  [
    404,
    "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "PULL_REFUSED",
  ],
  [500, 'Head "https://x/v2/y/manifests/1": unauthorized: authentication required', "PULL_REFUSED"],
  [500, 'Get "https://x/v2/": dial tcp: lookup x on 1.1.1.1:53: no such host', "PULL_REFUSED"],
  [500, 'Get "https://x/v2/": net/http: TLS handshake timeout', "PULL_REFUSED"],
  [500, "toomanyrequests: You have reached your pull rate limit", "PULL_REFUSED"],
  [404, "manifest for x:1 not found: manifest unknown: manifest unknown", "IMAGE_NOT_FOUND"],
  [404, "no matching manifest for linux/arm64/v8 in the manifest list entries", "IMAGE_NOT_FOUND"],
  [400, "client version 1.52 is too new. Maximum supported API version is 1.41", "ENGINE_VERSION"],
  [400, 'invalid mount config for type "bind": bind source path does not exist: /x', "BAD_REQUEST"],
  [500, "something else", "ENGINE_FAILED"],
  [undefined, "something else", "ENGINE_FAILED"],
  [418, "", "BAD_REQUEST"],
];
for (const [status, text, code] of said) {
  test(`refusal() of ${status}, "${text.slice(0, 60)}", is ${code}`, () => {
    const error = refusal("Cannot do it", text, { status });
    assert.deepEqual([error.code, error.status], [code, status]);
    assert.match(error.message, /^Cannot do it: \S/);
    assert.doesNotMatch(error.message, /\.;|\.$/);
  });
}

test("refusal() shows no secret and not everything", () => {
  const text = `Authorization: Bearer abc123 https://me:pw9@host/ ${"x".repeat(10_000)} and my-token`;
  const { message } = refusal("Cannot pull", `my-token ${text}`, { status: 500, secrets: ["my-token"] });
  assert.doesNotMatch(message, /abc123|pw9|my-token/);
  assert.ok(message.length < 2500);
});

test("saidIn() reads what engines and proxies answer", () => {
  assert.equal(saidIn('{"message":"no"}'), "no");
  assert.equal(saidIn('{"cause":"because","message":"no","response":404}'), "no");
  assert.equal(saidIn('{"cause":"because"}'), "because");
  assert.equal(saidIn("<html>502</html>"), "<html>502</html>");
  assert.equal(saidIn("null"), "null");
});

/** What runtimes throw, as their errors are made. */
const thrown: [error: unknown, reason: RegExp][] = [
  [Object.assign(new Error("connect ENOENT /x"), { code: "ENOENT" }), /^there is no such socket$/],
  [
    Object.assign(new Error("connect EACCES /x"), { code: "EACCES" }),
    /^permission denied; add yourself to the group docker/,
  ],
  [
    new Error("x", { cause: Object.assign(new Error("y"), { code: "ECONNREFUSED" }) }),
    /^nothing listens there/,
  ],
  [new Error("tcp connect error: Connection refused (os error 111)"), /^nothing listens there/],
  [Object.assign(new Error("getaddrinfo ENOTFOUND x"), { code: "ENOTFOUND" }), /^there is no such host$/],
  [Object.assign(new Error('Requires net access to "unix:/x"'), { name: "NotCapable" }), /--allow-net=unix:/],
  [new Error("self-signed certificate in certificate chain"), /^the certificates don't fit/],
  [new Error("invalid peer certificate: UnknownIssuer"), /^the certificates don't fit/],
  [new TimeoutError("Cannot x: no answer within 5000 ms"), /^it does not answer in time$/],
  [refusal("Cannot x", "page", { status: 404 }), /^it answered 404, so it is no container engine/],
  [new Error("tcp://me:pw9@host is odd"), /^Error tcp:\/\/\*\*\*@host is odd$/],
];
for (const [error, reason] of thrown) {
  test(`whyNot() of ${error} tells ${reason.source}`, () => {
    assert.match(whyNot(error, { platform: "linux" }), reason);
  });
}
