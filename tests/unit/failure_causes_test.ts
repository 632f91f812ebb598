import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ServiceConfig } from "../../core/service-config.ts";
import { causeRules, type SignSource } from "../../plugins/deploy/failure/cause-rules.ts";
import { findCauses, type Sign } from "../../plugins/deploy/failure/classify.ts";
import { maskSecrets, secretsOf } from "../../core/mask-secrets.ts";

const config: ServiceConfig = {
  name: "ranker",
  containers: [{ image: "registry.example/ranker:1", port: 8000 }],
  metadata: { memory: 4000 },
  storage: [{ mount_path: "/m", oss: { path: "oss://b/m/" }, properties: { resource_type: "model" } }],
};

const sign = (source: SignSource, text: string): Sign => ({ source, text });

for (const { kind, signs, sources, example, page, hopelessAfter } of causeRules) {
  test(`"${example}" is told as ${kind}`, () => {
    assert.ok(signs.some((pattern) => pattern.test(example)));
    assert.match(page, /^https:\/\//);
    const [first] = findCauses([sign(sources?.[0] ?? "event", example)], config);
    assert.ok(first);
    assert.equal(first.kind, kind);
    assert.ok(hopelessAfter === undefined || first.hopelessAfter === hopelessAfter);
    assert.deepEqual(first.evidence, [`${sources?.[0] ?? "event"}: ${example.replace(/\s+/g, " ")}`]);
    assert.doesNotMatch(first.message + first.mend, /\{\w+\}|undefined/);
  });
}

test("no two rules of a kind say the same", () => {
  const said = causeRules.map(({ kind, message, mend }) => `${kind} ${message} ${mend}`);
  assert.equal(new Set(said).size, said.length);
});

/** Which cause comes first when there are several signs. */
const rankings: { title: string; signs: Sign[]; kinds: string[] }[] = [
  {
    title: "a container that is killed for its memory crashes too",
    signs: [
      sign("event", "BackOff: Back-off restarting failed container worker0"),
      sign("event", "Unhealthy: Readiness probe failed: connection refused"),
      sign("instance", 'a-1 is CrashLoopBackOff, {"reason":"OOMKilled","exitCode":137}'),
    ],
    kinds: ["out-of-memory", "port", "crash"],
  },
  {
    title: "a container that can't find its model crashes too",
    signs: [
      sign("status", "Instance <a> not healthy: Instance crashed, please inspect instance log."),
      sign("log", "FileNotFoundError: [Errno 2] No such file or directory: '/eas/workspace/model/m.pt'"),
    ],
    kinds: ["model-missing", "crash"],
  },
  {
    title: "a model that may not be read is not missing",
    signs: [sign("status", "Failed to download model oss://b/m/: StatusCode=403, ErrorCode=AccessDenied")],
    kinds: ["permission", "model-missing"],
  },
  {
    title: "more places weigh more among equals",
    signs: [
      sign("log", "INFO: Uvicorn running on http://0.0.0.0:7000"),
      sign("event", "OOMKilling: Memory cgroup out of memory"),
      sign("instance", "a-1 is Failed, OOMKilled"),
    ],
    kinds: ["out-of-memory", "port"],
  },
  {
    title: "nothing that is known",
    signs: [sign("log", "INFO loading"), sign("event", "Killing: bye")],
    kinds: [],
  },
];

for (const { title, signs, kinds } of rankings) {
  test(`findCauses: ${title}`, () => {
    assert.deepEqual(findCauses(signs, config).map(({ kind }) => kind), kinds);
    assert.deepEqual(findCauses(signs.toReversed(), config).map(({ kind }) => kind), kinds);
  });
}

test("findCauses is as hopeless of a cause as the most hopeless of its signs", () => {
  const missing = sign("log", "ModuleNotFoundError: No module named 'sklearn'");
  const [first] = findCauses([missing], config);
  assert.equal(first?.hopelessAfter, undefined);
  const [again] = findCauses([missing, sign("instance", "a-1 is Running, CrashLoopBackOff")], config);
  assert.deepEqual([again?.message, again?.hopelessAfter], [first?.message, 1]);
});

test("findCauses tells a caller without a permission from a quota that is used up", () => {
  const kinds = (text: string) => findCauses([sign("refusal", text)], config).map(({ kind }) => kind);
  assert.deepEqual(kinds('InvalidParameter; pods "a" is forbidden: exceeded quota: q'), ["quota"]);
  assert.deepEqual(kinds("Forbidden.RAM; User not authorized to operate"), ["permission"]);
});

test("findCauses takes a server that tells its port for no sign, if that is the port or none is configured", () => {
  const said = [sign("log", " * Running on http://127.0.0.1:8000 (Press CTRL+C to quit)")];
  assert.deepEqual(findCauses(said, config), []);
  assert.deepEqual(findCauses(said, { processor: "pmml" }), []);
  const [cause] = findCauses([sign("log", "Listening at: http://0.0.0.0:9000 (7)")], config);
  assert.equal(
    cause?.message,
    "the container listens on port 9000, not on the port 8000 that the configuration names",
  );
});

const servers = [
  "INFO:     Uvicorn running on http://0.0.0.0:7000 (Press CTRL+C to quit)",
  " * Running on http://127.0.0.1:7000",
  "[2024-01-01 00:00:00 +0000] [7] [INFO] Listening at: http://0.0.0.0:7000 (7)",
  "Goin' Fast @ http://0.0.0.0:7000",
  "Starting development server at http://0.0.0.0:7000/",
  "Serving HTTP on 0.0.0.0 port 7000 (http://0.0.0.0:7000/) ...",
];

test("findCauses knows the port of the servers that the vendor names", () => {
  for (const line of servers) {
    assert.match(
      findCauses([sign("log", line)], config)[0]?.message ?? "",
      /^the container listens on port 7000, /,
      line,
    );
  }
});

test("findCauses fills in what the configuration says, or that it says nothing", () => {
  const messages = (config: ServiceConfig): string[] =>
    [
      sign("status", "ImagePullBackOff"),
      sign("instance", "OOMKilled"),
      sign("event", "Readiness probe failed"),
      sign("diagnosis", "The model does not exist."),
    ].flatMap((sign) => findCauses([sign], config)).map(({ message }) => message);
  assert.deepEqual(messages(config), [
    'the image "registry.example/ranker:1" cannot be pulled',
    "the container needs more memory than it has (4000 MB)",
    "the container does not answer its health check on port 8000",
    "the model is not there (oss://b/m/)",
  ]);
  assert.deepEqual(messages({}), [
    "the image of the processor cannot be pulled",
    "the container needs more memory than it has (not set)",
    "the container does not answer its health check on its port",
    "the model is not there (none is named)",
  ]);
  assert.deepEqual(
    messages({
      processor: "pmml",
      model_path: "oss://b/m.pmml",
      cloud: { computing: { instance_type: "ecs.c6" } },
    }),
    [
      "the image of the processor pmml cannot be pulled",
      "the container needs more memory than it has (ecs.c6)",
      "the container does not answer its health check on its port",
      "the model is not there (oss://b/m.pmml)",
    ],
  );
});

test("findCauses takes any configuration and any text", () => {
  const parts = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ toString: null })); // which has no text
  const config = fc.dictionary(
    fc.constantFrom("containers", "storage", "metadata", "cloud", "processor", "model_path"),
    parts,
  );
  const text = fc.oneof(fc.string(), fc.constantFrom(...causeRules.map(({ example }) => example)));
  fc.assert(
    fc.property(config, fc.array(text), (config, texts) => {
      const found = findCauses(texts.map((text) => sign("log", text)), config as ServiceConfig); // what users may write
      assert.ok(found.every(({ evidence }) => evidence.length > 0 && evidence.length <= 5));
      assert.deepEqual(
        found.map(({ weight }) => weight),
        found.map(({ weight }) => weight).sort((a, b) => b - a),
      );
      assert.ok(secretsOf(config).every((secret) => secret.length >= 6));
    }),
  );
});

test("findCauses keeps evidence short, each piece once", () => {
  const signs = Array.from({ length: 20 }, (_, i) => sign("log", `OOMKilled ${i % 7}\n ${"x".repeat(1000)}`));
  const [cause] = findCauses(signs, config);
  assert.equal(cause?.evidence.length, 5);
  for (const piece of cause.evidence) assert.match(piece, /^log: OOMKilled \d x+…$/);
});

const secretTexts: [title: string, text: string][] = [
  ["an id of an access key", "signed with LTAI5tSecretKeyId1234 by"],
  ["an id of temporary credentials", "STS.NUgYrLnSecretKeyId"],
  [
    "a presigned address of version 1",
    "GET https://b.oss/k?Expires=1&OSSAccessKeyId=LTAI5tSecretKeyId1234&Signature=sEcReT%3D",
  ],
  [
    "a presigned address of version 4",
    "https://b.oss/k?x-oss-credential=LTAI5tSecretKeyId1234%2F2024&x-oss-signature=5ec2e7",
  ],
  ["a security token", "x-oss-security-token=CAISsEcReT"],
  ["a key pair in the environment", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=sEcReT"],
  ["a pull secret", '"dockerAuth": "dXNlcjpzRWNSZVQ="'],
  ["a password in an address", "git clone https://me:sEcReT@codeup.aliyun.com/r.git"],
  ["a header", "authorization: Bearer sEcReT-abcdef"],
  ["a header without its name", "denied: Basic dXNlcjpzRWNSZVQ="],
  ["an API key", "OPENAI_API_KEY=sEcReT1234"],
  ["a password of a shell", "mysql -u root password=sEcReT"],
];

for (const [title, text] of secretTexts) {
  test(`maskSecrets masks ${title}`, () => {
    const masked = maskSecrets(text, []);
    assert.doesNotMatch(masked, /SecretKeyId|sEcReT|5ec2e7|dXNlcjpz/);
    assert.match(masked, /\*\*\*/);
  });
}

test("maskSecrets masks what is a secret by the configuration, wherever it appears", () => {
  const secrets = secretsOf({
    token: "token-of-the-service",
    dockerAuth: "dXNlcjpwYXNz",
    containers: [{
      env: [{ name: "DB_PASSWORD", value: "hunter22" }, { name: "MODE", value: "production" }],
    }],
    storage: [{ git: { repo: "https://codeup/r.git", username: "me", password: "long-password" } }],
  });
  assert.deepEqual(secrets.toSorted(), ["dXNlcjpwYXNz", "hunter22", "long-password", "token-of-the-service"]);
  const masked = maskSecrets(
    "hunter22 in production, long-password, token-of-the-service/dXNlcjpwYXNz",
    secrets,
  );
  assert.equal(masked, "*** in production, ***, ***/***");
});

test("maskSecrets leaves what tells the cause", () => {
  const text =
    'Failed to pull image "r/a:1": dial tcp 10.0.0.1:443: i/o timeout, exit code 137, /eas/workspace/model/x';
  assert.equal(maskSecrets(text, [undefined]), text);
});
