/**
 * A complete Cloudflare worker: it classifies images by a TensorFlow service and passes chat on to a language model,
 * for pages and programs that hold a key of this worker, and never the services' tokens.
 *
 * - `POST /classify` takes a PNG and answers with the digit that is on it.
 * - `/chat/v1/chat/completions` and `/chat/v1/models` are an OpenAI-compatible API:
 *   `new OpenAI({ baseURL: "https://…/chat/v1", apiKey: CALLER_KEY })`, streams included.
 *
 * @module
 */
import { below, errorResponse, gateway } from "@pai-edge/sdk/gateway";
import { type Fetch, Predictor } from "@pai-edge/sdk/predictor";
import { tensorflow } from "@pai-edge/sdk/serializers/tensorflow";
import { type Tensor, tensor } from "@pai-edge/sdk/tensor";
import { type Context, Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { timingSafeEqual } from "hono/utils/buffer";
import { decodePng, PngError } from "./png.ts";
import { shrink } from "./shrink.ts";

/** Variables and secrets of the worker; see wrangler.toml. */
export interface Env {
  CLASSIFIER_ENDPOINT: string;
  CLASSIFIER_TOKEN: string;
  CHAT_ENDPOINT: string;
  CHAT_TOKEN: string;
  /** What callers must send, as `Authorization: Bearer …`. */
  CALLER_KEY: string;
  /** Origin of the page that may call. */
  PAGE_ORIGIN: string;
}

/** What the model takes, `flatten_input` of [-1, 8, 8] from 0 to 1, and what it gives. */
const side = 8;
type Outputs = { dense_1: Tensor<"float32"> };

/** Makes the worker. @param fetch Sends what goes to the services. */
export function makeWorker(fetch?: Fetch): Hono<{ Bindings: Env }> {
  // One predictor each for all requests, so that they share its retry budget. A worker has no `env` before the first.
  let classifier: Predictor<Record<string, Tensor>, Outputs> | undefined;
  let chat: Predictor | undefined;

  const app = new Hono<{ Bindings: Env }>();
  app.use(cors({ origin: (origin, c) => origin === c.env.PAGE_ORIGIN ? origin : null }));
  app.use(
    bearerAuth({
      verifyToken: (key, c: Context<{ Bindings: Env }>) => timingSafeEqual(key, c.env.CALLER_KEY),
    }),
  );

  app.post("/classify", bodyLimit({ maxSize: 1024 * 1024 }), async (c) => {
    classifier ??= new Predictor({
      endpoint: c.env.CLASSIFIER_ENDPOINT,
      token: c.env.CLASSIFIER_TOKEN,
      serializer: tensorflow<Outputs>(),
      timeout: 10_000,
      fetch,
    });
    const image = await decodePng(new Uint8Array(await c.req.arrayBuffer()));
    const flatten_input = tensor(shrink(image, side), [1, side, side]);
    const { dense_1 } = await classifier.predict({ flatten_input }, { signal: c.req.raw.signal });
    const scores = [...dense_1.data];
    return c.json({ digit: scores.indexOf(Math.max(...scores)), scores });
  });

  app.use(
    "/chat/*",
    gateway<Env>(
      ({ env }) => chat ??= new Predictor({ endpoint: env.CHAT_ENDPOINT, token: env.CHAT_TOKEN, fetch }),
      {
        path: below("/chat", ["/v1/chat/completions", "/v1/models"]),
        methods: ["GET", "POST"],
        maxBodyBytes: 256 * 1024,
        concurrency: 32,
        timeout: 30_000,
        idleTimeout: 30_000,
        heartbeat: 1_000, // a page that was closed frees its place within seconds
        onError: (error) => console.error(error),
      },
    ),
  );

  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (error instanceof PngError) {
      return Response.json({ error: { code: "BadImage", message: error.message } }, { status: 400 });
    }
    console.error(error);
    return errorResponse(error);
  });
  return app;
}

export default makeWorker();
