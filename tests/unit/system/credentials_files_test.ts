import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { inspect } from "node:util";
import { chain, staticCredentials } from "../../../core/credentials.ts";
import { CredentialsError, PaiError } from "../../../core/errors.ts";
import {
  fromCliProfile,
  fromConfig,
  fromCredentialsFile,
  fromCredentialsUri,
  fromEcsRole,
  fromSystem,
  readConfig,
  saveConfig,
  type SystemOptions,
} from "../../../plugins/credentials/mod.ts";
import { vectors } from "../../support/vectors.ts";

const elsewhere = staticCredentials({ accessKeyId: "other", accessKeySecret: "other" });

/** There is no network, and so no instance. */
const offline = (): Promise<Response> => Promise.reject(new TypeError("no route to host"));

/** A user's folder with files. */
async function withHome(files: Record<string, string>, use: (home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), text, { mode: 0o600 });
    }
    await use(home);
  } finally {
    await rm(home, { recursive: true });
  }
}

interface Vector {
  id: string;
  input: {
    now: string;
    env: Record<string, string>;
    homeFiles: Record<string, string>;
    server: { noImdsToken?: boolean; stsError?: boolean };
    config?: unknown;
  };
  expected: {
    requests: { method: string; url: string }[];
    result?: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
  };
}

const { vectors: transcripts } = vectors<{ vectors: Vector[] }>("signing/credentials");

/** The services that the vectors were made with. */
function servers(
  { now, server }: Vector["input"],
  asked: string[] = [],
): Pick<SystemOptions, "fetch" | "clock"> {
  const time = Date.parse(now);
  const temporary = (name: string): Record<string, string> => ({
    AccessKeyId: `STS.${name}`,
    AccessKeySecret: `sec-${name}`,
    SecurityToken: `tok-${name}`,
    Expiration: new Date(time + 3_600_000).toISOString(),
  });
  const answer = (url: string): Response => {
    const { hostname, pathname } = new URL(url);
    if (hostname === "cred-uri.local") return Response.json(temporary("uri"));
    if (/^sts.*\.aliyuncs\.com$/.test(hostname)) {
      if (server.stsError) return Response.json({ Code: "AuthenticationFail.NoPermission" }, { status: 403 });
      return Response.json({ Credentials: temporary("sts") });
    }
    assert.equal(hostname, "100.100.100.200");
    if (pathname === "/latest/api/token") {
      return new Response("imds-token-1", { status: server.noImdsToken ? 404 : 200 });
    }
    if (pathname.endsWith("/security-credentials/")) return new Response("EcsRole\n");
    return Response.json({ Code: "Success", ...temporary("imds") });
  };
  return {
    clock: { now: () => time, sleep: () => Promise.resolve() },
    fetch(url, { method = "GET" }) {
      asked.push(`${method} ${new URL(url).hostname}`);
      return answer(url);
    },
  };
}

/** Where ours is not the vendor's: what is configured but can't be used is an error, not a reason to be somebody else. */
const ours: Record<string, string | RegExp> = {
  "cred-oidc-sts-error": /AssumeRoleWithOIDC: AuthenticationFail\.NoPermission/,
  "cred-cli-cloudsso": /has the mode "CloudSSO", which is not supported: choose a profile/,
  "cred-cli-oauth": /has the mode "OAuth", which is not supported/,
  "cred-cli-credentialsuri": "STS.uri", // which the CLI knows, and the vendor's library for Node doesn't
  "cred-imds-v1-disabled": /none are configured/,
  "cred-imds-disabled": /none are configured/,
};

for (const { id, input, expected } of transcripts.filter(({ input }) => input.config === undefined)) {
  test(`fromSystem() finds what Alibaba Cloud's own library does, unless it says why not: ${id}`, () =>
    withHome(input.homeFiles, async (home) => {
      const env = Object.fromEntries(
        Object.entries(input.env).map(([name, value]) => [name, value.replace("$HOME", home)]),
      );
      const asked: string[] = [];
      const provider = fromSystem({ env, home, ...servers(input, asked) });
      const wanted = ours[id] ?? expected.result!.accessKeyId;
      if (wanted instanceof RegExp) return await assert.rejects(provider(), wanted);
      const found = await provider();
      assert.equal(found.accessKeyId, wanted);
      if (ours[id]) return;
      assert.equal(found.accessKeySecret, expected.result!.accessKeySecret);
      assert.equal(found.securityToken, expected.result!.securityToken);
      const theirs = expected.requests.map(({ method, url }) => `${method} ${new URL(url).hostname}`);
      assert.deepEqual(new Set(asked), new Set(theirs)); // they get themselves a token for each step
      assert.deepEqual(await provider(), found);
    }));
}

test("temporary credentials are kept, and renewed shortly before their end", async () => {
  const { input } = transcripts.find(({ id }) => id === "cred-imds-discover")!;
  const asked: string[] = [];
  let time = Date.parse(input.now);
  const provider = fromEcsRole({
    env: {},
    ...servers(input, asked),
    clock: { now: () => time, sleep: async () => {} },
  });
  await Promise.all([provider(), provider()]);
  const once = asked.length;
  await provider();
  assert.equal(asked.length, once);
  time += 3_600_000 - 30_000;
  await provider();
  assert.ok(asked.length > once);
});

const answers: [what: string, answer: () => Response | Promise<Response>, says: RegExp][] = [
  ["no success", () => Response.json({ Code: "Failed" }), /says Failed/],
  ["half of it", () => Response.json({ AccessKeyId: "a" }), /lacks a key, its token or its end/],
  ["no JSON", () => new Response("s3cr3t"), /lacks a key/],
  ["a refusal", () => new Response("s3cr3t", { status: 403 }), /answers with the status 403/],
  ["nothing", () => Promise.reject(new TypeError("no way to http://u/?key=s3cr3t")), /does not answer/],
];
for (const [what, answer, says] of answers) {
  test(`a credentials service that answers ${what} is an error without secrets`, async () => {
    const provider = fromCredentialsUri({ env: {}, uri: "http://u/?key=s3cr3t", fetch: answer });
    await assert.rejects(chain(provider, elsewhere)(), (error) => {
      assert.match((error as Error).message, says);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cr3t/);
      return error instanceof CredentialsError;
    });
  });
}

test("a machine that is no instance has no role, and a chain goes on", async () => {
  const fetch = (): Promise<Response> => Promise.reject(new TypeError("no route to host"));
  assert.equal((await chain(fromEcsRole({ env: {}, fetch }), elsewhere)()).accessKeyId, "other");
});

test("a profile that is its own source is refused", () =>
  withHome({
    ".aliyun/config.json":
      '{"current":"a","profiles":[{"name":"a","mode":"ChainableRamRoleArn","source_profile":"a","ram_role_arn":"r"}]}',
  }, async (home) => {
    await assert.rejects(fromCliProfile({ env: {}, home })(), /is a source of itself/);
  }));

const notConfigured: [what: string, files: Record<string, string>, env?: Record<string, string>][] = [
  ["there are no files", {}],
  ["the profile is an empty one", {
    ".aliyun/config.json": '{"current":"","profiles":[{"name":"default","mode":"AK"}]}',
  }],
  ["there is no such profile", { ".aliyun/config.json": '{"current":"x","profiles":[]}' }],
  ["the CLI's file is switched off", {
    ".aliyun/config.json":
      '{"current":"d","profiles":[{"name":"d","mode":"AK","access_key_id":"a","access_key_secret":"b"}]}',
  }, { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: "true" }],
  ["the section is switched off", {
    ".alibabacloud/credentials.ini": "[default]\nenable = false\ntype = access_key\naccess_key_id = a\n",
  }],
  ["the secret is in no variable", {}, { ALIBABA_CLOUD_ACCESS_KEY_ID: "a" }],
];
for (const [what, files, env = {}] of notConfigured) {
  test(`a chain goes on when ${what}`, () =>
    withHome(files, async (home) => {
      assert.equal(
        (await chain(fromSystem({ env, home, fetch: offline }), elsewhere)()).accessKeyId,
        "other",
      );
      await assert.rejects(
        fromSystem({ env, home, fetch: offline })(),
        /none are configured; set ALIBABA_CLOUD_ACCESS_KEY_ID/,
      );
    }));
}

const broken: [what: string, files: Record<string, string>, says: RegExp][] = [
  ["is no JSON", { ".aliyun/config.json": '{"secret-0123": ' }, /config\.json is no JSON object/],
  [
    "has no secret",
    {
      ".aliyun/config.json":
        '{"current":"a","profiles":[{"name":"a","mode":"AK","access_key_id":"secret-0123"}]}',
    },
    /profile "a" of .* has no access_key_secret; add it/,
  ],
  [
    "has no token",
    {
      ".aliyun/config.json":
        '{"current":"a","profiles":[{"name":"a","mode":"StsToken","access_key_id":"secret-0123","access_key_secret":"secret-0123"}]}',
    },
    /has no sts_token/,
  ],
  [
    "has no id",
    { ".alibabacloud/credentials.ini": "[default]\naccess_key_secret = secret-0123\n" },
    /section "default" of .*credentials\.ini has no access_key_id/,
  ],
];
for (const [what, files, says] of broken) {
  test(`a file that ${what} is an error that shows no secret, and not a reason to be somebody else`, () =>
    withHome(files, async (home) => {
      await assert.rejects(chain(fromSystem({ env: {}, home, fetch: offline }), elsewhere)(), (error) => {
        assert.match((error as Error).message, says);
        assert.doesNotMatch(inspect(error, { depth: 9 }), /secret-0123/);
        return error instanceof CredentialsError;
      });
    }));
}

test("a profile that is asked for by name is not overruled by variables", () =>
  withHome({
    ".aliyun/config.json":
      '{"profiles":[{"name":"cli","mode":"ak","access_key_id":"a","access_key_secret":"b"}]}',
    ".alibabacloud/credentials": "[ini]\naccess_key_id = c\naccess_key_secret = d\n",
  }, async (home) => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: "id", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "secret" };
    const idOf = async (profile?: string): Promise<string> =>
      (await fromSystem({ env, home, profile })()).accessKeyId;
    assert.deepEqual([await idOf(), await idOf("cli"), await idOf("ini")], ["id", "a", "c"]);
    await assert.rejects(idOf("none"), /there is no profile "none"/);
  }));

test("a file with secrets that others may read is warned of, and used", {
  skip: process.platform === "win32",
}, () =>
  withHome({
    ".alibabacloud/credentials.ini": "[default]\naccess_key_id = c\naccess_key_secret = d\n",
  }, async (home) => {
    const warnings: string[] = [];
    const provider = fromCredentialsFile({ env: {}, home, onWarning: (text) => warnings.push(text) });
    await provider();
    assert.deepEqual(warnings, []);
    await chmod(join(home, ".alibabacloud/credentials.ini"), 0o644);
    assert.equal((await provider()).accessKeyId, "c");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /other users may read .*credentials\.ini.*: chmod 600 /);
  }));

test("files are read when credentials are asked for, each time", () =>
  withHome({}, async (home) => {
    const provider = fromCliProfile({ env: {}, home });
    await assert.rejects(provider(), CredentialsError);
    await mkdir(join(home, ".aliyun"));
    const profile = { name: "default", mode: "AK", access_key_id: "a", access_key_secret: "b" };
    await writeFile(join(home, ".aliyun/config.json"), JSON.stringify({ profiles: [profile] }), {
      mode: 0o600,
    });
    assert.equal((await provider()).accessKeyId, "a");
  }));

test("saveConfig() writes for its owner alone, replaces a file whole, and refuses what is no text", () =>
  withHome({ ".pai/config.json": "not JSON, and longer than what comes in its place" }, async (home) => {
    await assert.rejects(readConfig({ env: {}, home }), {
      code: "InvalidConfig",
      message: /it is no JSON object/,
    });
    const path = await saveConfig({ region: "cn-hangzhou" }, { env: {}, home });
    assert.deepEqual(await readConfig({ env: {}, home }), { region: "cn-hangzhou" });
    if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(saveConfig({ region: 1 as unknown as string }, { env: {}, home }), TypeError);
    assert.deepEqual(await readConfig({ env: {}, home }), { region: "cn-hangzhou" });
  }));

test("fromConfig() takes what the caller says, then the environment, the file, and the CLI's profile", () =>
  withHome({
    ".pai/config.json":
      '{"region_id":"cn-b","workspace_id":12,"oss_bucket_name":"b","oss_endpoint":"e","other":1}',
    ".aliyun/config.json": '{"current":"p","profiles":[{"name":"p","mode":"AK","region_id":"cn-d"}]}',
  }, async (home) => {
    const readFile = (): Promise<undefined> => Promise.resolve(undefined);
    const { credentials: _, ...file } = await fromConfig({ env: {}, home });
    assert.deepEqual(file, { region: "cn-b", workspaceId: "12", bucket: "b", ossEndpoint: "e" });
    const env = {
      ALIBABA_CLOUD_REGION_ID: "cn-c",
      PAI_WORKSPACE_ID: "13",
      PAI_NETWORK_TYPE: "VPC",
      PAI_OSS_BUCKET: "c",
      PAI_ENDPOINT: "http://127.0.0.1:1",
    };
    const found = await fromConfig({ env, home });
    assert.deepEqual(
      [found.region, found.workspaceId, found.network, found.bucket, found.ossEndpoint, found.endpoints?.oss],
      ["cn-c", "13", "vpc", "c", undefined, "http://127.0.0.1:1"],
    );
    const said = await fromConfig({ env, home, region: "cn-e", network: "public", endpoint: "http://e" });
    assert.deepEqual([said.region, said.network, said.endpoints?.eas], ["cn-e", "public", "http://e"]);
    const path = join(home, "none.json");
    assert.equal((await fromConfig({ env: {}, home, path })).region, "cn-d");
    await assert.rejects(fromConfig({ env: {}, home, readFile }), { code: "NotConfigured" });
    await assert.rejects(fromConfig({ env: { PAI_NETWORK_TYPE: "x" }, home }), /set it to VPC or PUBLIC/);
  }));

test("an access key in the PAI SDK's file is not used, and said not to be", () =>
  withHome({
    ".pai/config.json": '{"region_id":"cn-b","access_key_id":"a","access_key_secret":"b"}',
  }, async (home) => {
    const warnings: string[] = [];
    const config = await fromConfig({ env: {}, home, onWarning: (text) => warnings.push(text) });
    assert.match(warnings.join(), /holds an access key, which is not used: move it/);
    await assert.rejects(config.credentials(), CredentialsError);
  }));

test("a file that may not be read is an error that names it", () =>
  withHome({ ".aliyun/config.json/is/a/folder": "" }, async (home) => {
    await assert.rejects(
      fromCliProfile({ env: {}, home })(),
      (error) => error instanceof PaiError && /Cannot read .*config\.json: EISDIR/.test(error.message),
    );
  }));
