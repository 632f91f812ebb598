/**
 * Puts a service in front of people: a handler of web requests, with a form for Hono, that keeps the service's token
 * to itself. It streams both ways and bounds what a stranger can make it do: paths, methods, bytes, calls at a time
 * and time.
 *
 * @example
 * ```ts
 * import { toFetchHandler } from "@pai-edge/sdk/gateway";
 *
 * const handle = toFetchHandler({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris",
 *   token: "the token of the service",
 *   fetch: () => Response.json([0.98, 0.02]), // leave this out to call the real service
 * }, { cors: { origins: ["https://example.com"] }, maxBodyBytes: 100_000 });
 *
 * const answer = await handle(new Request("https://api.example.com/", { method: "POST", body: "[[5.1, 3.5]]" }));
 * console.log(answer.status, await answer.json()); // Deno.serve(handle), or: export default { fetch: handle }
 * ```
 *
 * @module
 */
export { below } from "./below.ts";
export type { CorsOptions } from "./cors.ts";
export { gateway, type HonoContext } from "./hono.ts";
export type { GatewayOptions, GatewayTarget, RawPredictor } from "./options.ts";
export { errorResponse } from "./refusal.ts";
export { toFetchHandler } from "./to-fetch-handler.ts";
