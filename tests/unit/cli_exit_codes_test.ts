import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ApiError,
  CredentialsError,
  PaiError,
  PredictionError,
  ServiceError,
  StorageError,
  TimeoutError,
} from "../../core/errors.ts";
import { DockerError } from "../../plugins/local-docker/engine/docker-error.ts";
import { Interrupt } from "../../plugins/cli/context.ts";
import { exitCodeOf, InvalidFileError, UsageError } from "../../plugins/cli/exit-codes.ts";
import { errorDocument } from "../../plugins/cli/report-error.ts";

const api = (code: string, status: number): ApiError => new ApiError("x", { action: "A", code, status });
const service = { serviceName: "s", serviceStatus: "Failed" };

const rows: [what: string, error: unknown, code: number][] = [
  ["a defect", new TypeError("undefined is not a function"), 1],
  ["something thrown that is no error", "x", 1],
  ["an error of the SDK that no row names", new PaiError("x", { code: "FileChanged" }), 1],
  ["a wrong command line", new UsageError("x"), 2],
  ["a refused argument", new TypeError("Cannot deploy: instanceType must be a text"), 2],
  ["a refused figure", new RangeError("Cannot deploy: instanceCount is 0"), 2],
  ["a service that isn't there", api("ServiceNotFound", 404), 3],
  ["an object that isn't there", new StorageError("x", { code: "NoSuchKey", status: 404 }), 3],
  ["a bucket that isn't there", new StorageError("x", { code: "NoSuchBucket", status: 404 }), 3],
  ["a route that isn't there", new PredictionError("x", { status: 404 }), 3],
  ["a name that is taken", new ServiceError("x", { ...service, code: "AlreadyExists" }), 4],
  ["a state that doesn't allow it", api("InvalidServiceStatus", 409), 4],
  ["no credentials", new CredentialsError("x", { code: "CredentialsNotFound" }), 5],
  ["an unknown key", api("InvalidAccessKeyId.NotFound", 404), 5],
  ["a wrong secret", api("SignatureDoesNotMatch", 400), 5],
  ["a missing permission", api("Forbidden.RAM", 403), 5],
  ["a bucket of somebody else", new StorageError("x", { code: "AccessDenied", status: 403 }), 5],
  ["a wrong token", new PredictionError("x", { status: 401 }), 5],
  ["a time that is up", new TimeoutError("x", { code: "WaitTimeout" }), 6],
  ["a wrong file", new InvalidFileError("x"), 7],
  ["a wrong configuration", Object.assign(new TypeError("Cannot deploy"), { problems: [] }), 7],
  ["no region", new PaiError("x", { code: "NotConfigured" }), 7],
  ["a service that failed", new ServiceError("x", { ...service, code: "OOMKilled" }), 8],
  ["an answer of the server's own failure", api("InternalError", 500), 8],
  ["throttling that did not end", api("Throttling.User", 429), 8],
  ["a failed prediction", new PredictionError("x", { status: 500 }), 8],
  ["no connection", new PaiError("x", { code: "NetworkError" }), 8],
  ["an image that isn't there", new DockerError("x", { code: "IMAGE_NOT_FOUND" }), 3],
  ["a container's name that is taken", new DockerError("x", { code: "CONFLICT" }), 4],
  ["a registry that wants another account", new DockerError("x", { code: "REGISTRY_AUTH" }), 5],
  ["no container engine", new DockerError("x", { code: "NO_ENGINE" }), 8],
  ["Ctrl-C", new Interrupt(), 130],
  ["a request to end", new Interrupt(143), 143],
];
for (const [what, error, code] of rows) {
  test(`exitCodeOf() ${what} is ${code}`, () => {
    assert.equal(exitCodeOf(error), code);
    assert.equal(errorDocument(error).error.exitCode, code);
  });
}

test("errorDocument() holds what scripts look at, and no secret", () => {
  const error = new ApiError("Cannot call A: no; Authorization: Bearer s3cr3t", {
    action: "A",
    code: "Throttling.User",
    status: 429,
    requestId: "1-2",
    cause: new Error("s3cr3t"),
  });
  assert.deepEqual(errorDocument(error), {
    error: {
      code: "Throttling.User",
      message: "Cannot call A: no; Authorization: Bearer ***",
      exitCode: 8,
      status: 429,
      requestId: "1-2",
    },
  });
  assert.deepEqual(errorDocument("x"), { error: { code: "Error", message: "x", exitCode: 1 } });
  const problems = [{ path: "a", message: "b", severity: "error" }];
  assert.deepEqual(errorDocument(Object.assign(new TypeError("x"), { problems })).error.problems, problems);
});
