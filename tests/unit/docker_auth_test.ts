import { test } from "node:test";
import assert from "node:assert/strict";
import { DockerError } from "../../plugins/local-docker/engine/docker-error.ts";
import { authHeader, fromDockerAuth, registryAuth } from "../../plugins/local-docker/engine/registry-auth.ts";
import { fakeMachine, type MachineParts } from "../support/fake_machine.ts";

const config = "/u/.docker/config.json";
const withConfig = (value: unknown, run?: MachineParts["run"]) =>
  fakeMachine({ files: { [config]: JSON.stringify(value) }, run });

test("authHeader() is Base64 of JSON in the alphabet of URLs, and can be read back", () => {
  const auth = { username: "ü?>", password: "~~~???>>>", serverAddress: "r" };
  const header = authHeader(auth);
  assert.match(header, /^[\w=-]+$/);
  const text = new TextDecoder().decode(
    Uint8Array.from(atob(header.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0)),
  );
  assert.deepEqual(JSON.parse(text), { username: "ü?>", password: "~~~???>>>", serveraddress: "r" });
  assert.equal(authHeader({ identityToken: "t" }), btoa('{"identitytoken":"t"}'));
});

test("fromDockerAuth() reads user:password, with colons in the password, and shows nothing that it refuses", () => {
  assert.deepEqual(fromDockerAuth(btoa("me:a:b")), { username: "me", password: "a:b" });
  assert.deepEqual(fromDockerAuth("w7w6w7w="), { username: "ü", password: "ü" });
  for (const wrong of ["", "me:secret", btoa("secret"), btoa(":secret")]) {
    assert.throws(() => fromDockerAuth(wrong), (error) => {
      assert.ok(error instanceof TypeError);
      assert.doesNotMatch(error.message, /secret|c2VjcmV0/);
      return true;
    });
  }
});

const hub = "https://index.docker.io/v1/";
const me = { auth: btoa("me:pw") }, account = { username: "me", password: "pw" };
const files: [what: string, config: unknown, image: string, auth: unknown][] = [
  ["none where there is no account", {}, "python", undefined],
  ["that of Docker Hub for images without a registry", { auths: { [hub]: me } }, "python", {
    ...account,
    serverAddress: hub,
  }],
  ["that of a registry by its host", { auths: { "r.example.com": me } }, "r.example.com/a/b:1", {
    ...account,
    serverAddress: "r.example.com",
  }],
  [
    "that of a registry with a scheme and a path",
    { auths: { "https://r.example.com/v1/": me } },
    "r.example.com/a",
    {
      ...account,
      serverAddress: "r.example.com",
    },
  ],
  ["none of another port", { auths: { "r.example.com": me } }, "r.example.com:5000/a", undefined],
  ["a token before a password", { auths: { r: {}, "r.io": { ...me, identitytoken: "t" } } }, "r.io/a", {
    identityToken: "t",
    serverAddress: "r.io",
  }],
  [
    "none for an entry that is empty, as a credential store leaves it",
    { auths: { "r.io": {} } },
    "r.io/a",
    undefined,
  ],
];
for (const [what, value, image, auth] of files) {
  test(`registryAuth() takes ${what}`, async () => {
    assert.deepEqual(await registryAuth(withConfig(value), image), auth);
  });
}

test("registryAuth() without a configuration is none", async () => {
  assert.equal(await registryAuth(fakeMachine(), "r.io/a"), undefined);
});

test("registryAuth() asks the program that keeps accounts", async () => {
  const calls: unknown[] = [];
  const run: MachineParts["run"] = (program, args, input) => {
    calls.push([program, args, input]);
    const output = input === "r.io"
      ? '{"Username":"me","Secret":"pw"}'
      : '{"Username":"<token>","Secret":"t"}';
    return { status: 0, output };
  };
  const machine = withConfig({ credsStore: "desktop", credHelpers: { "r.io": "ecr-login" } }, run);
  assert.deepEqual(await registryAuth(machine, "r.io/a"), { ...account, serverAddress: "r.io" });
  assert.deepEqual(await registryAuth(machine, "python"), { identityToken: "t", serverAddress: hub });
  assert.deepEqual(calls, [
    ["docker-credential-ecr-login", ["get"], "r.io"],
    ["docker-credential-desktop", ["get"], hub],
  ]);
});

test("registryAuth() takes the file's account when the program has none", async () => {
  const run = () => ({ status: 1, output: "credentials not found in native keychain" });
  const machine = withConfig({ credsStore: "desktop", auths: { "r.io": me } }, run);
  assert.deepEqual(await registryAuth(machine, "r.io/a"), { ...account, serverAddress: "r.io" });
});

const broken: [what: string, helper: string, run: MachineParts["run"], says: RegExp][] = [
  ["there is no such program", "desktop", undefined, /there is no program docker-credential-desktop/],
  ["it prints no JSON", "desktop", () => ({ status: 0, output: "secret" }), /printed no JSON/],
  ["its name is a path", "../x", undefined, /is no name of a program/],
];
for (const [what, credsStore, run, says] of broken) {
  test(`registryAuth() rejects when ${what}`, async () => {
    await assert.rejects(registryAuth(withConfig({ credsStore }, run), "r.io/a"), (error) => {
      assert.ok(error instanceof DockerError);
      assert.equal(error.code, "REGISTRY_AUTH");
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}
