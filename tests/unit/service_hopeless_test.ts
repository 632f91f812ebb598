import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, TimeoutError } from "../../core/errors.ts";
import type { ProgressEvent } from "../../core/service.ts";
import { DeployError, type EasRef, explainFailure, restart, scale } from "../../plugins/deploy/mod.ts";
import { goals, untilStatus } from "../../plugins/deploy/waiting/wait.ts";
import { watchOf } from "../../plugins/deploy/waiting/watch.ts";
import { type FakeEas, fakeEas, type FakeScript } from "../support/fake_eas.ts";

const instance = (Status: string, Reason: string, more: object = {}) => ({
  InstanceName: "iris-1",
  Status,
  Reason,
  ReadyProcesses: 0,
  TotalProcesses: 2,
  ...more,
});

const pulling = instance("Pending", "ImagePullBackOff");
const creating = instance("Pending", "ContainerCreating");
const crashing = instance("Running", "CrashLoopBackOff", { RestartCount: 4, LastState: [{ ExitCode: 1 }] });

/** What instances there are at each look; the last is repeated. */
function lookingAt(looks: object[], script: FakeScript = {}): FakeScript {
  const left = [...looks];
  const next = (): object => left.length > 1 ? left.shift()! : left[0]!;
  return {
    exists: true,
    create: ["Waiting"],
    ...script,
    answers: { ListServiceInstances: () => ({ Instances: [next()] }), ...script.answers },
  };
}

const config = { containers: [{ image: "img:1", port: 8000 }], token: "token-of-iris" };

interface Waited {
  cloud: FakeEas;
  error: unknown;
  events: ProgressEvent[];
  /** Milliseconds on the clock. */
  took: number;
}

async function wait(script: FakeScript, options: Parameters<typeof watchOf>[3] = {}): Promise<Waited> {
  const cloud = fakeEas({ ...script, reply: { ServiceConfig: JSON.stringify(config), ...script.reply } });
  const events: ProgressEvent[] = [];
  const { clock } = cloud.client;
  const began = clock.now();
  const watch = watchOf(cloud.client, "iris", "deploy", {
    onProgress: (event) => events.push(event),
    ...options,
  });
  const error = await untilStatus(watch, goals.created).then(() => undefined, (error) => error);
  return { cloud, error, events, took: clock.now() - began };
}

test("a wait ends when an image can't be pulled for two minutes, and says so before", async () => {
  const { error, events, took, cloud } = await wait(lookingAt([pulling]));
  assert.ok(error instanceof DeployError);
  assert.equal(error.code, "Hopeless");
  assert.equal(
    error.message,
    'Cannot deploy service "iris": it is Waiting and will not run as it is; the image "img:1" cannot be pulled; ' +
      "check the image's address, that its registry can be reached from the service, and dockerAuth if it is private",
  );
  assert.equal(error.instances[0]?.reason, "ImagePullBackOff");
  assert.ok(took >= 140_000 && took < 200_000, `${took}`);
  const suspicions = events.filter(({ message }) => message.includes("it looks as if the image"));
  assert.equal(suspicions.length, 1);
  const looks = cloud.actions().filter((action) => action === "ListServiceInstances").length;
  assert.ok(looks < 12, `${looks} looks`);
});

test("a wait ends sooner or later as giveUpAfter says, but not before the third look", async () => {
  for (const [giveUpAfter, least, most] of [[0, 40_000, 100_000], [600_000, 600_000, 720_000]] as const) {
    const { error, took } = await wait(lookingAt([pulling]), { giveUpAfter });
    assert.ok(error instanceof DeployError && error.code === "Hopeless");
    assert.ok(took >= least && took < most, `${giveUpAfter} ${took}`);
  }
});

test("a wait with endless patience looks at nothing until the time is up, and then tells the cause", async () => {
  const { error, took, cloud } = await wait(lookingAt([pulling]), {
    giveUpAfter: Infinity,
    timeout: 900_000,
  });
  assert.ok(error instanceof DeployError);
  assert.equal(error.code, "WaitTimeout");
  assert.ok(error.cause instanceof TimeoutError);
  assert.match(
    error.message,
    /^Cannot deploy service "iris": it is Waiting after 900 s; the image "img:1" cannot be/,
  );
  assert.equal(took, 900_000);
  assert.equal(cloud.actions().filter((action) => action === "ListServiceInstances").length, 1);
});

test("a wait goes on when what looked hopeless gets well", async () => {
  const script = lookingAt([pulling, pulling, creating, pulling, pulling, creating], {
    create: [...Array(60).fill("Waiting"), "Running"],
  });
  const { error, took } = await wait(script);
  assert.equal(error, undefined);
  assert.ok(took > 300_000);
});

test("a wait is given up when one cause lasts, not when causes take turns", async () => {
  const turns = [pulling, crashing, pulling, crashing, pulling, crashing, pulling, crashing, crashing];
  const { error, took } = await wait(lookingAt(turns));
  assert.ok(error instanceof DeployError);
  assert.equal(error.causes[0]?.kind, "crash");
  assert.ok(took > 280_000);
});

const patient: [title: string, script: FakeScript][] = [
  ["an instance that is being created", lookingAt([creating])],
  [
    "no room for an instance yet",
    lookingAt([instance("Pending", "Unschedulable")], {
      answers: {
        DescribeServiceEvent: () => ({
          Events: [{
            Type: "Warning",
            Reason: "FailedScheduling",
            Message: "0/3 nodes are available: 3 Insufficient cpu.",
          }],
        }),
      },
    }),
  ],
  [
    "a health check that fails, as it does while a model is loaded",
    lookingAt([instance("Running", "ContainersNotReady")], {
      answers: {
        DescribeServiceEvent: () => ({
          Events: [{ Type: "Warning", Reason: "Unhealthy", Message: "Readiness probe failed" }],
        }),
      },
    }),
  ],
  [
    "what an instance died of that is well now",
    lookingAt([instance("Running", "RUNNING", { ReadyProcesses: 2, LastState: [{ Reason: "OOMKilled" }] })]),
  ],
  [
    "looks that fail",
    lookingAt([pulling], { fail: { ListServiceInstances: () => new TypeError("fetch failed") } }),
  ],
];

for (const [title, script] of patient) {
  test(`a wait goes on with ${title}`, async () => {
    const { error, took } = await wait({ ...script, create: [...Array(120).fill("Waiting"), "Running"] });
    assert.equal(error, undefined);
    assert.ok(took > 600_000);
  });
}

test("a wait with signs that may pass ends in what they tell when the time is up", async () => {
  const { error } = await wait(patient[1]![1], { timeout: 600_000 });
  assert.ok(error instanceof DeployError && error.code === "WaitTimeout");
  assert.match(error.message, /after 600 s; no machine has room for an instance; ask for less/);
});

test("a wait that ends without a sign is a TimeoutError", async () => {
  const { error } = await wait(lookingAt([creating]), { timeout: 600_000 });
  assert.ok(error instanceof TimeoutError);
  assert.equal(error.message, 'Cannot deploy service "iris": it is Waiting after 600 s');
});

test("a wait looks at events of the last minutes only", async () => {
  const since: number[] = [];
  const { took } = await wait(lookingAt([creating], {
    create: [...Array(60).fill("Waiting"), "Running"],
    answers: {
      DescribeServiceEvent: ({ StartTime }) => {
        since.push(Date.parse(`${String(StartTime).replace(" ", "T")}Z`) - Date.UTC(2024, 0, 1));
        return {};
      },
    },
  }));
  assert.ok(since.length > 5);
  assert.ok(since[0]! >= 20_000 - 150_000 && since[0]! < 0);
  assert.ok(since.at(-1)! > took - 240_000);
});

test("a wait that is cancelled while it looks or explains rejects with the caller's reason", async () => {
  for (const create of [["Waiting"], ["Failed"]]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { error } = await wait(
      lookingAt([pulling], {
        create,
        answers: {
          ListServiceInstances: () => {
            controller.abort(reason);
            return {};
          },
        },
      }),
      { signal: controller.signal },
    );
    assert.equal(error, reason);
  }
});

test("an error has no secret, whatever events, instances, logs and the diagnosis say", async () => {
  const secrets = "token-of-iris, dXNlcjpwYXNz, hunter22, LTAI5tAbCdEfGhIjKlMn";
  const said =
    `OOMKilled ${secrets} https://me:hunter22@h/k?Signature=s1gn&OSSAccessKeyId=LTAI5tAbCdEfGhIjKlMn`;
  const secretConfig = {
    ...config,
    dockerAuth: "dXNlcjpwYXNz",
    containers: [{ image: "i", env: [{ name: "DB_PASSWORD", value: "hunter22" }] }],
  };
  const { error } = await wait({
    exists: true,
    create: ["Failed"],
    reply: {
      ServiceConfig: JSON.stringify(secretConfig),
      AccessToken: "token-of-iris",
      Reason: said,
      Message: said,
    },
    answers: {
      ListServiceInstances: () => ({
        Instances: [instance("Failed", said, { LastState: [{ message: said }] })],
      }),
      DescribeServiceEvent: () => ({ Events: [{ Type: "Warning", Reason: said, Message: said }] }),
      DescribeServiceLog: () => ({ Logs: [said], TotalPageNum: 1 }),
      DescribeServiceDiagnosis: () => ({ DiagnosisList: [{ Error: said, Causes: [said], Advices: [said] }] }),
    },
  });
  assert.ok(error instanceof DeployError);
  const { events, instances, logs, diagnosis, causes, message } = error;
  assert.ok(events.length + instances.length + logs.length + diagnosis.length >= 4);
  const shown = JSON.stringify({
    ...error,
    events,
    instances,
    logs,
    diagnosis,
    causes,
    message,
    text: String(error),
  });
  for (const secret of [...secrets.split(", "), "s1gn"]) assert.ok(!shown.includes(secret), secret);
  assert.match(shown, /OOMKilled/);
  assert.doesNotMatch(JSON.stringify(error), /"logs"/); // to print an error is not to print a log
});

const refusals: [code: string, said: string, status: number, kind: string | undefined][] = [
  ["QuotaExceeded", "The quota of your account is exceeded.", 403, "quota"],
  ["OperationDenied.NoStock", "The requested resource is sold out.", 400, "quota"],
  ["Forbidden.RAM", "User not authorized to operate on the specified resource.", 403, "permission"],
  ["InvalidParameter", "metadata.cpu is missing.", 400, undefined],
  ["Throttling.User", "QuotaExceeded of requests.", 429, undefined],
  ["InternalError", "OOMKilled", 500, undefined],
];

for (const [code, said, status, kind] of refusals) {
  test(`a change that is refused with ${code} ends in ${kind ? `the cause ${kind}` : "the refusal itself"}`, async () => {
    const refusal = new ApiError(`Cannot call UpdateService: ${code}; ${said}`, {
      action: "UpdateService",
      code,
      status,
      requestId: "7",
    });
    const cloud = fakeEas({ exists: true, fail: { UpdateService: () => refusal } });
    await assert.rejects(scale({ client: cloud.client, name: "iris" }, 9), (error) => {
      if (!kind) return error === refusal;
      assert.ok(error instanceof DeployError);
      assert.equal(error.causes[0]?.kind, kind);
      assert.deepEqual([error.code, error.status, error.requestId, error.cause], [
        code,
        status,
        "7",
        refusal,
      ]);
      assert.ok(
        error.message.startsWith(
          `Cannot scale service "iris": UpdateService was refused (${code}; ${said}); `,
        ),
      );
      return true;
    });
  });
}

test("a gateway that never answers is explained, if there is a cause to tell", async () => {
  const cloud = fakeEas({
    exists: true,
    create: ["Running", "Waiting", "Running"],
    gateway: [() => new Response("no healthy upstream", { status: 503 })],
    answers: { ListServiceInstances: () => ({ Instances: [crashing] }) },
  });
  await assert.rejects(restart({ client: cloud.client, name: "iris" }, { timeout: 60_000 }), (error) => {
    assert.ok(error instanceof DeployError && error.code === "WaitTimeout");
    assert.match(
      error.message,
      /it is Running, but its gateway does not answer .* after 60 s; the container exits again/,
    );
    return true;
  });
});

test("a change that fails is told with its own verb, and its service is not deleted", async () => {
  const cloud = fakeEas({
    ...lookingAt([crashing], { create: ["Running", "Waiting", "Failed"] }),
    answers: {
      ListServiceInstances: () => ({ Instances: [crashing] }),
      DescribeServiceLog: ({ Previous }) => ({
        Logs: Previous ? ["ModuleNotFoundError: No module named 'sklearn'"] : ["starting"],
      }),
    },
  });
  const service: EasRef = { client: cloud.client, name: "iris" };
  await assert.rejects(restart(service), (error) => {
    assert.ok(error instanceof DeployError);
    assert.match(
      error.message,
      /^Cannot restart service "iris": status is Failed; the container exits, as a package is missing \(No module named 'sklearn'\); add it to/,
    );
    assert.deepEqual(error.logs, ["ModuleNotFoundError: No module named 'sklearn'", "starting"]);
    return true;
  });
  assert.ok(!cloud.actions().includes("DeleteService"));
});

test("a crash for a reason that nobody knows is told with what was printed last, once", async () => {
  const rows: [printed: string, told: RegExp][] = [
    [
      "KeyError: 'sepal'",
      /; the container exits .*; its log ends with "KeyError: 'sepal'"; see what it printed/,
    ],
    ["ERROR Service failed, as it is broken", /^[^;]*; the container exits again and again; see what/],
  ];
  for (const [printed, told] of rows) {
    const cloud = fakeEas({
      ...lookingAt([crashing], { create: ["Running", "Waiting", "Failed"] }),
      answers: {
        DescribeService: () => ({
          ServiceName: "iris",
          Status: "Failed",
          Message: "Service failed, as it is broken",
        }),
        ListServiceInstances: () => ({ Instances: [crashing] }),
        DescribeServiceLog: () => ({ Logs: [printed, ""] }),
      },
    });
    const { message } = await explainFailure(cloud.client, "iris");
    assert.match(message, told);
  }
});
