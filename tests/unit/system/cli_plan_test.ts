import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "../../../core/client.ts";
import { describeService } from "../../../core/eas-service.ts";
import { root } from "../../support/tree.ts";
import { inShell } from "../../support/pai.ts";

const model = readFileSync(new URL("examples/breast-cancer/model.json", root));
const service = (more = ""): string =>
  `name: cancer\nprocessor: xgboost\nmodel: model.json\n${more}cloud:\n  computing:\n    instance_type: ecs.c6.large\n`;

test("pai plan and apply bring a service to what a file says, and then find nothing to do", () =>
  inShell({ "model.json": model, "pai.yaml": service() }, async ({ pai, folder }) => {
    const planned = await pai(["plan", "--exit-code", "--quiet"]);
    assert.equal(planned.code, 9);
    assert.match(planned.out, /^Service "cancer" is created:\n/);
    assert.match(planned.out, /^ {2}\^ "model\.json" \(1 file, 30\.6 KB\) is uploaded to oss:/m);
    assert.equal((await pai(["get", "cancer"])).code, 3); // nothing was done

    const created = await pai(["apply"]);
    assert.equal(created.code, 0, created.err);
    assert.match(created.out, /^action\tcreate\nname\tcancer\nstatus\tRunning\n/);
    assert.match(created.err, /uploading model\.json/);

    const again = JSON.parse((await pai(["apply", "--json"])).out);
    assert.deepEqual([again.plan.action, again.plan.changes], ["none", []]);
    assert.deepEqual(again.plan.uploads.map(({ present }: { present: boolean }) => present), [true]);
    assert.equal(again.service.version, 1);
    assert.equal((await pai(["plan", "--exit-code"])).code, 0);

    await writeFile(join(folder, "pai.yaml"), service("metadata: { instance: 3 }\n"));
    const { out } = await pai(["plan", "--json"]);
    const [change] = JSON.parse(out).changes;
    assert.deepEqual(change, { path: "metadata.instance", from: 1, to: 3, restarts: false });
    const updated = await pai(["apply", "--set", "metadata.rpc.keepalive=1000", "--label", "team=a"]);
    assert.match(updated.out, /^action\tupdate\n.*^instances\t3\/3\n.*^labels\tteam=a\n/ms);
    assert.equal((await pai(["predict", "cancer", JSON.stringify([Array(30).fill(0)])])).code, 0);
  }));

test("pai plan shows no secret, and warnings where people see them", () =>
  inShell({
    "pai.yaml": service("token: s3cr3t-token\nmetdata: {}\n").replace("model.json", "oss://b/m.json"),
  }, async (
    { pai },
  ) => {
    const { code, out, err } = await pai(["plan"], { tty: ["stderr"] });
    assert.equal(code, 0, err);
    assert.match(out, /^ {2}\+ token: "\*\*\*"$/m);
    assert.match(err, /warning:.* metdata: .*did you mean "metadata"/);
    assert.doesNotMatch(out + err, /s3cr3t/);
  }));

test("files go to the workspace's storage when no bucket is configured", () =>
  inShell({ "model.json": model, "pai.yaml": service() }, async ({ pai }) => {
    const env = { PAI_OSS_BUCKET: "" };
    const { out, err, code } = await pai(["apply", "--json"], { env });
    assert.equal(code, 0, err);
    assert.match(JSON.parse(out).plan.uploads[0].address, /^oss:\/\/emulator-bucket\/.*pai\/model_data\//);
    const elsewhere = await pai(["deploy", "--name", "other", "--bucket", "no-such-bucket"], { env });
    assert.equal(elsewhere.code, 3, elsewhere.err);
    assert.match(elsewhere.err, /NoSuchBucket/);
  }));

const refusals: [what: string, file: string, args: string[], code: number, says: RegExp][] = [
  ["image without command", "image: a/b:1\n", [], 2, /an image needs a command/],
  [
    "code without an image",
    "processor: pmml\nsourceDir: src\n",
    [],
    7,
    /"sourceDir" of pai\.yaml: it goes with image/,
  ],
  ["command without an image", "command: python app.py\n", [], 2, /a command but no image; give --image/],
  ["model that is no path", "model: 1\n", [], 7, /"model" of pai\.yaml: it must be a text/],
  ["mount that is no path", "model: oss://b/m\nmounts: { /data/: [] }\n", [], 7, /it must be a text/],
  ["wrong address", "model: oss://\n", [], 2, /the bucket is missing/],
  ["file that is not there", "processor: pmml\nmodel: nothing.pmml\n", [], 2, /Cannot read "nothing\.pmml"/],
  ["reserved port", "image: a/b:1\ncommand: x\nport: 8080\n", [], 2, /8080 belongs to EAS itself/],
  [
    "processor beside containers",
    "processor: pmml\ncontainers: [{ image: a/b:1, script: x, port: 9090 }]\n",
    [],
    7,
    /has 2 problems:\n.*a service runs a processor or containers, not both.*\n.*port is 9090/,
  ],
];
for (const [what, file, args, code, says] of refusals) {
  test(`a service file with a ${what} is refused before anything is sent, and exits with ${code}`, () =>
    inShell({ "pai.yaml": `name: app_one\n${file}` }, async ({ pai }) => {
      const ran = await pai(["apply", "--instance-type", "ecs.c6.large", ...args]);
      assert.equal(ran.code, code, ran.err);
      assert.match(ran.err, says);
      assert.equal((await pai(["ls"])).out, "");
    }));
}

test("flags overrule the file: image and command of a container, in either spelling", () =>
  inShell({
    "short.yaml": "name: short\nimage: a/b:1\ncommand: python app.py\nenv: { A: 1 }\nsourceDir: src\n",
    "vendor.json": JSON.stringify({
      name: "vendor",
      containers: [{ image: "a/b:1", script: "x", port: 8000 }],
    }),
    "src/app.py": "print()",
    "src/requirements.txt": "flask",
  }, async ({ pai }) => {
    const flags = [
      "--image",
      "a/b:2",
      "--command",
      "python two.py",
      "--instance-type",
      "ecs.c6.large",
      "--json",
    ];
    for (const [file, name] of [["short.yaml", "short"], ["vendor.json", "vendor"]]) {
      const { out, code } = await pai(["apply", file!, ...flags]);
      assert.equal(code, 0, out);
      const { containers: [container] } = JSON.parse(out).service.config;
      assert.equal(container.image, "a/b:2");
      assert.match(container.script, /python two\.py/);
      if (name === "short") {
        assert.deepEqual(container.env, [{ name: "A", value: "1" }]);
        assert.deepEqual(container.prepare, { pythonRequirementsPath: "/ml/usercode/requirements.txt" });
      }
    }
  }, { handlers: { short: () => new Response("ok"), vendor: () => new Response("ok") } }));

test("a secret comes into a service file from a variable, and into nothing that is printed", () =>
  inShell({
    "pai.yaml": service("token: { $env: SERVICE_TOKEN }\n").replace("model.json", "oss://b/m.json"),
    "wrong.yaml": "name: a_service\ntoken: { $env: SERVICE_TOKEN, or: x }\n",
  }, async ({ pai, cloud }) => {
    const missing = await pai(["apply"]);
    assert.equal(missing.code, 7);
    assert.match(missing.err, /pai\.yaml: it names the variable SERVICE_TOKEN, which is not set/);
    const env = { SERVICE_TOKEN: "s3cr3t-token" };
    assert.match(
      (await pai(["apply", "wrong.yaml"], { env })).err,
      /"\$env" stands alone and names a variable/,
    );

    const applied = await pai(["apply", "--json"], { env });
    assert.equal(applied.code, 0, applied.err);
    assert.doesNotMatch(applied.out + applied.err, /s3cr3t/);
    const client = createClient({ ...cloud });
    assert.equal((await describeService(client, "cancer")).accessToken, "s3cr3t-token");
    assert.match((await pai(["get", "cancer", "--show-token"])).out, /^token\ts3cr3t-token$/m);
  }, { handlers: { cancer: () => new Response("ok") } }));
