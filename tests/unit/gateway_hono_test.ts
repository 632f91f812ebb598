import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { Predictor } from "../../core/predictor.ts";
import { below, gateway } from "../../plugins/gateway/mod.ts";

const echo = async (url: string, { body, headers }: RequestInit): Promise<Response> =>
  Response.json([url, new Headers(headers).get("authorization"), await new Response(body).text()]);
const service = { endpoint: "http://h/api/predict/iris", token: "t0ken", fetch: echo };
const post = (body = ""): RequestInit => ({ method: "POST", body });

test("gateway() is a handler of Hono", async () => {
  const app = new Hono().post("/predict", gateway(service));
  const answer = await app.request("/predict", post("[1]"));
  assert.deepEqual(await answer.json(), ["http://h/api/predict/iris", "t0ken", "[1]"]);
  assert.equal((await app.request("/predict")).status, 404);
});

test("gateway() leaves paths that it doesn't know to the next handler", async () => {
  const app = new Hono().use(
    "/llm/*",
    gateway(service, { path: below("/llm", ["/v1/models"]), methods: ["GET"] }),
  );
  app.get("/llm/health", (c) => c.text("fine"));
  assert.equal(
    (await (await app.request("/llm/v1/models")).json())[0],
    "http://h/api/predict/iris/v1/models",
  );
  assert.equal(await (await app.request("/llm/health")).text(), "fine");
  assert.equal((await app.request("/llm/metrics")).status, 404);
});

test("gateway() gives its functions the context, with what the runtime hands over", async () => {
  interface Bindings {
    EAS_TOKEN: string;
    PASS: string;
  }
  const app = new Hono<{ Bindings: Bindings }>();
  const handler = gateway<Bindings>(
    ({ env }) => new Predictor({ ...service, token: env.EAS_TOKEN }),
    {
      authorize: ({ headers }, { env }) =>
        headers.get("x-pass") === env.PASS ? undefined : new Response(null, { status: 401 }),
    },
  );
  app.post("/", handler);
  const env = { EAS_TOKEN: "from the environment", PASS: "open" };
  assert.equal((await app.request("/", post(), env)).status, 401);
  const answer = await app.request("/", { ...post(), headers: { "x-pass": "open" } }, env);
  assert.equal((await answer.json())[1], "from the environment");
});

test("gateway() passes on a body that middleware before it has read", async () => {
  const app = new Hono();
  app.post("/", async (c, next) => {
    const { max_tokens } = await c.req.json();
    return max_tokens > 100 ? c.text("too many", 400) : await next();
  }, gateway(service));
  assert.equal((await (await app.request("/", post('{"max_tokens":5}'))).json())[2], '{"max_tokens":5}');
  assert.equal((await app.request("/", post('{"max_tokens":500}'))).status, 400);
});

test("gateway() answers through middleware that sets headers", async () => {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header("x-served-by", "edge");
  });
  app.post("/", gateway(service));
  assert.equal((await app.request("/", post())).headers.get("x-served-by"), "edge");
});
