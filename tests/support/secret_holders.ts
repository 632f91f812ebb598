import { createClient } from "../../core/client.ts";
import type { Fetch } from "../../core/fetch.ts";
import { describeService } from "../../core/eas-service.ts";
import { bearerAuth, Predictor, tokenAuth } from "../../core/predictor.ts";
import { apply, eas, InferenceSpec, Model, plan } from "../../plugins/deploy/mod.ts";
import { oss, type OssBucket, type OssSigner } from "../../plugins/storage/oss.ts";
import { ossV1 } from "../../plugins/storage/oss-v1.ts";

const token = "NGY0M2Y5ZDU2YmZlMGQ5Y2U3ZDM4Yw==";
const accessKeySecret = "yourTopSecret0123456789abcdef";
const securityToken = "CAIS8gF1q6Ft5B2yfSjIr5DWGN+abc/def=";
const bearerToken = "eyJhbGciOiJIUzI1NiJ9.e30.bearer-of-the-caller";

/** What must appear nowhere: how each secret begins, since a part of it is too much already. */
export const secrets: readonly string[] = [token, accessKeySecret, securityToken, bearerToken]
  .map((secret) => secret.slice(0, 8));

/** How servers and the middleware before them repeat a header in what they answer. */
const echoes: Record<string, (name: string, value: string) => string> = {
  "a line": (name, value) => `bad request\r\n${name}: ${value}\r\nhost: h`,
  "a line without blanks": (name, value) => `${name}:${value}`,
  "a JSON object": (name, value) => JSON.stringify({ headers: { [name]: value } }),
  "JSON in a JSON string": (name, value) => JSON.stringify({ message: JSON.stringify({ [name]: value }) }),
  "a Python dict": (name, value) => `KeyError: {'host': 'h', '${name}': '${value}'}`,
  "a Go map": (name, value) => `map[Host:[h] ${name}:[${value}]]`,
  "a form": (name, value) => `a=b&${name}=${encodeURIComponent(value)}&c=d`,
};

/** The same for secrets that the SDK was given as such, so that no name need announce them. */
const bareEchoes: typeof echoes = {
  ...echoes,
  "text without its name": (_, value) => `cannot verify ${value}, ask the owner`,
  "nothing but its value": (_, value) => value,
  "the end of a long text": (_, value) => `${"x".repeat(190)} ${value}`,
};

/** Everything that holds a secret, or was made from an answer that repeats one, and may be printed. */
export async function secretHolders(): Promise<[title: string, holder: unknown][]> {
  return [
    ["a predictor with a token", new Predictor({ endpoint: "http://h/", token })],
    ["a predictor with auth", new Predictor({ endpoint: "http://h/", auth: bearerAuth(token) })],
    ["an authorizer", tokenAuth(token)],
    ["the error of a broken token", await caught(() => tokenAuth(`${token}\r\n`))],
    ...await fromClients(),
    ...await fromBuckets(),
    ...await predictionErrors(),
    ...await apiErrors(),
  ];
}

async function fromClients(): Promise<[string, unknown][]> {
  const credentials = { accessKeyId: "LTAIexample", accessKeySecret, securityToken };
  const answer = {
    ServiceName: "iris",
    Status: "Running",
    AccessToken: token,
    InternetEndpoint: "http://h/api/predict/iris",
    ServiceConfig: JSON.stringify({ name: "iris", token }),
  };
  const fetch = (): Response => Response.json(answer);
  const model = new Model({
    inferenceSpec: new InferenceSpec({ name: "iris", dockerAuth: accessKeySecret }),
  });
  const client = createClient({ region: "cn-hangzhou", credentials, fetch });
  return [
    ["a client with an access key", client],
    ["a client with a bearer token", createClient({ region: "cn-hangzhou", credentials: { bearerToken } })],
    ["a client's provider", client.credentials],
    ["a description", await describeService(client, "iris")],
    ["a client's predictor", await client.predictor("iris")],
    ["a target", eas(client)],
    [
      "a plan with another token",
      await plan(eas(client), model, { options: { token: `${securityToken}x` } }),
    ],
    ["what apply has done", await apply(eas(client), model, { wait: false })],
  ];
}

/** Buckets that have signed, and refusals whose message repeats what the request came with. */
async function fromBuckets(): Promise<[string, unknown][]> {
  const credentials = { accessKeyId: "LTAIexample", accessKeySecret, securityToken };
  const bucketOf = (fetch: Fetch, signer?: OssSigner): OssBucket =>
    oss(createClient({ region: "cn-hangzhou", credentials, fetch }), { bucket: "bkt", signer });
  const holders: [string, unknown][] = [];
  for (const [version, signer] of [["4", undefined], ["1", ossV1()]] as const) {
    const bucket = bucketOf(() => new Response(), signer);
    await bucket.delete("a");
    holders.push([`a bucket that signs by version ${version}`, bucket]);
    for (const [form, echo] of Object.entries(bareEchoes)) {
      const refusing = bucketOf((_, { headers }) => {
        const said = echo("x-oss-security-token", new Headers(headers).get("x-oss-security-token")!);
        const escaped = said.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
        return new Response(`<Error><Code>Refused</Code><Message>${escaped}</Message></Error>`, {
          status: 403,
        });
      }, signer);
      const error = await caught(() => refusing.put("a", "text"));
      holders.push([`a StorageError that repeats the token as ${form}, version ${version}`, error]);
    }
  }
  return holders;
}

/** Refusals, and answers that no serializer can read; each repeats the header that the request came with. */
async function predictionErrors(): Promise<[string, unknown][]> {
  const ways = {
    token: { options: { token }, forms: bareEchoes },
    bearer: { options: { auth: bearerAuth(token) }, forms: echoes },
  };
  const location = `http://me:${token}@h/login?token=${encodeURIComponent(token)}`;
  const fetch = (): Response => new Response(null, { status: 302, headers: { location } });
  const redirected = new Predictor({ endpoint: "http://h/", fetch });
  const holders: [string, unknown][] = [
    ["a PredictionError whose redirect has secrets", await caught(() => redirected.predict([1]))],
  ];
  for (const [way, { options, forms }] of Object.entries(ways)) {
    for (const [form, echo] of Object.entries(forms)) {
      for (const status of [200, 401]) {
        const predictor = new Predictor({
          endpoint: "http://h/",
          ...options,
          fetch: (_, { headers }) =>
            new Response(`${echo("Authorization", new Headers(headers).get("authorization")!)} !`, {
              status,
            }),
        });
        const error = await caught(() => predictor.predict([1]));
        holders.push([`a PredictionError ${status} whose body repeats the ${way} as ${form}`, error]);
      }
    }
  }
  return holders;
}

/** Refusals in JSON and in plain text, and answers that are no JSON at all. */
async function apiErrors(): Promise<[string, unknown][]> {
  const holders: [string, unknown][] = [];
  const identities = {
    "x-acs-security-token": { accessKeyId: "LTAIexample", accessKeySecret, securityToken },
    "x-acs-bearer-token": { bearerToken },
  };
  for (const [name, credentials] of Object.entries(identities)) {
    for (const [form, echo] of Object.entries(bareEchoes)) {
      for (const kind of ["JSON", "text", "unreadable"]) {
        const client = createClient({
          region: "cn-hangzhou",
          credentials,
          fetch: (_, { headers }) => {
            const said = echo(name, new Headers(headers).get(name)!);
            const body = kind === "JSON" ? JSON.stringify({ Code: "Invalid", Message: said }) : `${said} !`;
            return new Response(body, { status: kind === "unreadable" ? 200 : 403 });
          },
        });
        const error = await caught(() => client.call("ListServices", { path: "/api/v2/services" }));
        holders.push([`an ApiError (${kind}) that repeats ${name} as ${form}`, error]);
      }
    }
  }
  return holders;
}

/** What a function throws or rejects with. */
async function caught(run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (error) {
    return error as Error; // nothing here throws anything else
  }
  throw new Error("Cannot test an error: none was thrown");
}
