// An engine behind TCP with certificates on both sides, found by the environment and by a Docker context. It is one of
// our own, which needs Linux, root and openssl.
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import type { Machine } from "../../../plugins/local-docker/engine/machine.ts";
import { thisMachine } from "../../../plugins/local-docker/engine/this-machine.ts";
import { engineTests, rejects } from "../engine_suite.ts";

const folder = mkdtempSync(join(tmpdir(), "dockerd-tls-"));
const certs = join(folder, "certs"), engineFolder = join(folder, "engine");
const dockerd = fileURLToPath(new URL("../dockerd", import.meta.url));
let address = "";

async function start(): Promise<Engine> {
  makeCertificates();
  address = `tcp://127.0.0.1:${await freePort()}`;
  const tls = { tlscacert: "ca.pem", tlscert: "server.pem", tlskey: "server-key.pem" };
  const options = Object.entries(tls).flatMap(([name, file]) => [`--${name}`, at(file)]);
  const env = { ...process.env, EXTRA_HOST: address };
  execFileSync(dockerd, ["start", engineFolder, "--tlsverify", ...options], { env, stdio: "pipe" });
  const named = { DOCKER_HOST: address, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certs };
  return await connectEngine({ machine: machine(named) });
}

engineTests(start, {
  only: /is made, starts|aborted|unpacks/, // what goes through the socket in ways of its own
  close() {
    spawnSync(dockerd, ["stop", engineFolder]);
    rmSync(folder, { recursive: true, force: true });
  },
});

test("a context names the engine and has its certificates", async () => {
  const config = join(folder, "config"), id = createHash("sha256").update("lab").digest("hex");
  const meta = join(config, "contexts/meta", id), tls = join(config, "contexts/tls", id, "docker");
  for (const path of [meta, tls]) mkdirSync(path, { recursive: true });
  const Endpoints = { docker: { Host: address, SkipTLSVerify: false } };
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: "lab", Metadata: {}, Endpoints }));
  for (const name of ["ca.pem", "cert.pem", "key.pem"]) {
    writeFileSync(join(tls, name), readFileSync(at(name)));
  }
  for (const env of [{ DOCKER_CONTEXT: "lab" }, {}]) {
    writeFileSync(join(config, "config.json"), JSON.stringify({ currentContext: "lab" }));
    const engine = await connectEngine({ machine: machine({ ...env, DOCKER_CONFIG: config }) });
    assert.equal(engine.address, address.replace("tcp:", "https:"));
    assert.equal(engine.isLocal, true);
  }
});

test("without our certificate, or with another authority's, there is no engine, and the reason is told", async () => {
  const ca = readFileSync(at("ca.pem"), "utf8"), other = readFileSync(at("other-ca.pem"), "utf8");
  const pair = { cert: readFileSync(at("cert.pem"), "utf8"), key: readFileSync(at("key.pem"), "utf8") };
  for (const tls of [{ ca }, pair, { ...pair, ca: other }]) {
    const error = await rejects("NO_ENGINE", connectEngine({ host: address, tls }));
    assert.match(error.tried[0]!.reason, /^the certificates don't fit/, JSON.stringify(error.tried));
  }
  const plain = await rejects("NO_ENGINE", connectEngine({ host: address }));
  assert.match(plain.tried[0]!.reason, /^it answered 400, so it is no container engine or wants TLS/);
});

/** This machine with other variables and an empty home. */
function machine(env: Record<string, string | undefined>): Machine {
  return { ...thisMachine(), env: (name) => env[name], home: () => folder };
}

function at(name: string): string {
  return join(certs, name);
}

function makeCertificates(): void {
  mkdirSync(certs);
  const openssl = (...args: string[]): void =>
    void execFileSync("openssl", args, { cwd: certs, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  for (const name of ["ca", "other-ca"]) {
    openssl(
      "req",
      "-x509",
      ...key,
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}-key.pem`,
      "-out",
      `${name}.pem`,
    );
  }
  const sign = (file: string, keyFile: string, name: string, extensions: string): void => {
    writeFileSync(at("extensions"), extensions);
    openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", "request");
    const by = [
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca-key.pem",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "extensions",
    ];
    openssl("x509", "-req", "-in", "request", ...by, "-out", file);
  };
  sign(
    "server.pem",
    "server-key.pem",
    "engine",
    "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n",
  );
  sign("cert.pem", "key.pem", "us", "extendedKeyUsage=clientAuth\n");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = Object(server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}
