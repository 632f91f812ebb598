import assert from "node:assert/strict";
import process from "node:process";
import { afterEach, test } from "node:test";
import { fromEnv } from "../../../core/credentials.ts";
import { CredentialsError } from "../../../core/errors.ts";

const names = [
  "ALIBABA_CLOUD_ACCESS_KEY_ID",
  "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
  "ALIBABA_CLOUD_SECURITY_TOKEN",
];
const before = names.map((name) => process.env[name]);

function setEnv(...values: (string | undefined)[]): void {
  names.forEach((name, index) => {
    const value = values[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  });
}

afterEach(() => setEnv(...before));

test("fromEnv() reads the environment when it is called, not before", async () => {
  setEnv();
  const provider = fromEnv();
  setEnv("id", "secret", "token");
  assert.deepEqual(await provider(), {
    accessKeyId: "id",
    accessKeySecret: "secret",
    securityToken: "token",
  });
  setEnv("id", "secret");
  assert.equal((await provider()).securityToken, undefined);
});

test("fromEnv() takes empty variables for missing ones and lets a chain go on", async () => {
  for (const values of [[], ["id"], [undefined, "secret"], ["", "secret"], ["id", ""]]) {
    setEnv(...values);
    await assert.rejects(fromEnv()(), (error) => error instanceof CredentialsError && error.tryNext);
  }
});

test("fromEnv() takes a variable that may not be read for a missing one", async () => {
  const original = Object.getOwnPropertyDescriptor(globalThis, "process")!;
  const refuse = (): never => {
    throw new Error("NotCapable");
  };
  Object.defineProperty(globalThis, "process", { configurable: true, get: refuse });
  try {
    await assert.rejects(fromEnv()(), CredentialsError);
  } finally {
    Object.defineProperty(globalThis, "process", original);
  }
});
