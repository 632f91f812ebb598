import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import heldOut from "../../../examples/breast-cancer/held-out.json" with { type: "json" };
import digits from "../../../examples/digits/held-out.json" with { type: "json" };
import { tensor } from "../../../core/tensor.ts";
import { encodeNpy } from "../../../plugins/serializers/npy.ts";
import { npz } from "../../../plugins/serializers/npz.ts";
import { root } from "../../support/tree.ts";
import { inShell } from "../../support/pai.ts";

const model = readFileSync(new URL("examples/breast-cancer/model.json", root));
const file = JSON.stringify({
  name: "cancer",
  processor: "xgboost",
  model: "model.json",
  metadata: { instance: 2 },
  cloud: { computing: { instance_type: "ecs.c6.large" } },
});
const rows = JSON.stringify(heldOut.rows.slice(0, 2));

test("pai goes from a folder to a prediction and back", () =>
  inShell({ "model.json": model, "pai.json": file, "rows.json": rows }, async ({ pai }) => {
    const deployed = await pai(["deploy"]);
    assert.equal(deployed.code, 0, deployed.err);
    const endpoint = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/cancer";
    assert.match(deployed.out, new RegExp(`^name\tcancer\nstatus\tRunning\n.*^endpoint\t${endpoint}$`, "ms"));
    assert.match(deployed.err, /uploading model\.json.*\n.*creating service "cancer"\n.*is Running/s);

    const predicted = await pai(["predict", "cancer", "@rows.json"]);
    assert.equal(predicted.err, "");
    const scores: number[] = JSON.parse(predicted.out);
    scores.forEach((score, i) => assert.ok(Math.abs(score - heldOut.predictions[i]!) < 1e-6));
    for (const [args, stdin] of [[[rows], ""], [["-"], rows], [[], rows]] as const) {
      assert.equal((await pai(["predict", "cancer", ...args], { stdin })).out, predicted.out);
    }

    const listed = await pai(["ls"]);
    assert.match(listed.out, /^cancer\tRunning\t2\/2\t\d{4}-\S+Z\n$/);
    const shown = JSON.parse((await pai(["get", "cancer", "--json"])).out);
    assert.equal(shown.config.metadata.instance, 2);
    assert.equal(shown.token, undefined);
    assert.match(JSON.parse((await pai(["get", "cancer", "--json", "--show-token"])).out).token, /^\S{8,}$/);

    assert.match((await pai(["stop", "cancer", "--quiet"])).out, /^status\tStopped$/m);
    const unheard = await pai(["predict", "cancer", "[]", "--json"]);
    assert.deepEqual([unheard.code, unheard.err], [8, ""]);
    assert.equal(JSON.parse(unheard.out).error.status, 503);
    assert.match((await pai(["start", "cancer", "--quiet"])).out, /^status\tRunning$/m);
    assert.deepEqual(await pai(["delete", "cancer", "--yes"]), { code: 0, out: "deleted cancer\n", err: "" });
    assert.deepEqual(await pai(["ls"]), { code: 0, out: "", err: "" });
  }));

test("pai ls and get are tables for people in a terminal, without colours when NO_COLOR is set", () =>
  inShell({ "model.json": model, "pai.json": file }, async ({ pai }) => {
    await pai(["deploy"]);
    const { out } = await pai(["ls"], { tty: ["stdout"], env: { NO_COLOR: "1" } });
    const [head, row] = out.split("\n");
    assert.match(head!, /^NAME {4}STATUS {3}INSTANCES {2}UPDATED$/);
    assert.match(row!, /^cancer {2}Running {2}2\/2 {8}\d{4}-/);
    assert.match(
      (await pai(["get", "cancer"], { tty: ["stdout"] })).out,
      /^name {7}cancer\nstatus {5}Running\n/,
    );
    assert.match((await pai(["ls", "--json"], { tty: ["stdout"] })).out, /^\[\n {2}\{\n {4}"name": "cancer"/);
    assert.equal((await pai(["ls", "nobody"])).out, "");
  }));

test("pai delete asks people for the name, and needs --yes where there is nobody to ask", () =>
  inShell({ "model.json": model, "pai.json": file }, async ({ pai }) => {
    await pai(["deploy"]);
    const piped = await pai(["delete", "cancer"]);
    assert.deepEqual([piped.code, piped.out], [2, ""]);
    assert.match(piped.err, /nobody is there to confirm it; give --yes/);

    const refused = await pai(["delete", "cancer"], { tty: ["stdin"], stdin: "y\n" });
    assert.deepEqual([refused.code, refused.out], [2, ""]);
    assert.match(refused.err, /^To delete "cancer", type its name: error: .*was not confirmed/);
    assert.equal((await pai(["get", "cancer"])).code, 0);

    const confirmed = await pai(["delete", "cancer"], { tty: ["stdin"], stdin: "cancer\nmore" });
    assert.deepEqual([confirmed.code, confirmed.out], [0, "deleted cancer\n"]);
    assert.equal((await pai(["delete", "cancer", "--yes"])).code, 3);
  }));

test("pai predict sends a file as it is with --content-type, below a path, and prints the answer as it came", () =>
  inShell({ "picture.bin": Uint8Array.of(0, 159, 146, 150) }, async ({ pai, cloud, folder: _ }) => {
    await pai([
      "deploy",
      "--name",
      "echo",
      "--processor",
      "pmml",
      "--model",
      "oss://b/m.pmml",
      "--instance-type",
      "ecs.c6.large",
    ]);
    const { out } = await pai([
      "predict",
      "echo",
      "@picture.bin",
      "--content-type",
      "image/png",
      "--path",
      "read",
    ]);
    assert.equal(out, "image/png /read 4");
    assert.ok(cloud);
  }, {
    handlers: {
      echo: async (request) => {
        const { size } = await request.blob();
        return new Response(
          `${request.headers.get("content-type")} ${new URL(request.url).pathname} ${size}`,
        );
      },
    },
  }));

test("pai predict reads arrays of numpy, for services that speak JSON and for those that speak tensors", () =>
  inShell({
    "model.json": model,
    "network.json": readFileSync(new URL("examples/digits/tensorflow.json", root)),
    "rows.npy": encodeNpy(tensor(Float32Array.from(heldOut.rows.slice(0, 2).flat(), Number), [2, 30])),
    "image.npy": encodeNpy(tensor(Float32Array.from(digits.images[0]!), [1, 8, 8])),
    "image.json": JSON.stringify(digits.images[0]),
    "names.npz": npz().serialize({ nobody: tensor(Float32Array.of(1), [1]) })!,
  }, async ({ pai }) => {
    const machine = ["--instance-type", "ecs.c6.large", "--quiet"];
    await pai(["deploy", "--name", "cancer", "--model", "model.json", "--processor", "xgboost", ...machine]);
    const json = await pai(["predict", "cancer", JSON.stringify(heldOut.rows.slice(0, 2))]);
    assert.equal((await pai(["predict", "cancer", "@rows.npy"])).out, json.out);

    const deployed = await pai(
      [
        "deploy",
        "--name",
        "digits",
        "--model",
        "network.json",
        "--processor",
        "tensorflow_cpu_2.7",
        ...machine,
      ],
    );
    assert.equal(deployed.code, 0, deployed.err);
    const { out, err } = await pai(["predict", "digits", "@image.npy"]);
    assert.equal(err, "");
    const [scores] = Object.values<number[][]>(JSON.parse(out));
    assert.equal(scores?.[0]?.length, 10, err);
    assert.equal((await pai(["predict", "digits", "@image.json"])).out, out); // shaped as the signature says
    const unknown = await pai(["predict", "digits", "@names.npz"]);
    assert.equal(unknown.code, 8);
    assert.match(unknown.err, /nobody/);
  }));
