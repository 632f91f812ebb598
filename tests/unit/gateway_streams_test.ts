import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TimeoutError } from "../../core/errors.ts";
import { call, gatewayTo, isEnded, pipe, type SeenRequest, until, utf8 } from "../support/gateways.ts";

async function bodyOf({ body }: SeenRequest): Promise<string> {
  return await new Response(body).text();
}

test("a short body that tells its length is sent in one piece, and again when the service wasn't ready", async () => {
  const { handle, seen } = gatewayTo((_, attempt) =>
    new Response(null, { status: attempt === 1 ? 503 : 200 })
  );
  const answer = await handle(call({ body: "abc", headers: { "content-length": "3" } }));
  assert.equal(answer.status, 200);
  assert.deepEqual(seen.map(({ body }) => body), [utf8("abc"), utf8("abc")]);
});

test("a request without a body is passed on without one", async () => {
  const { handle, seen } = gatewayTo(undefined, { methods: ["GET", "POST"] });
  for (const method of ["GET", "POST"]) await (await handle(call({ method }))).text();
  assert.deepEqual(seen.map(({ method, body }) => [method, body]), [["GET", undefined], ["POST", undefined]]);
});

test("a body of unknown length reaches the service while the caller is still writing", async () => {
  const source = pipe();
  const { handle } = gatewayTo(async ({ body }) => {
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    assert.deepEqual((await reader.read()).value, utf8("one"));
    source.write("two");
    assert.deepEqual((await reader.read()).value, utf8("two"));
    source.close();
    assert.equal((await reader.read()).done, true);
    return new Response("done");
  });
  source.write("one");
  assert.equal(await (await handle(call({ body: source.stream }))).text(), "done");
});

test("a body beyond bufferBytes is streamed, whole", async () => {
  const { handle, seen } = gatewayTo(async (request) => new Response(await bodyOf(request)), {
    bufferBytes: 2,
  });
  const answer = await handle(call({ body: "abc", headers: { "content-length": "3" } }));
  assert.ok(seen[0]!.body instanceof ReadableStream);
  assert.equal(await answer.text(), "abc");
});

test("a body that says to be too long is refused unread", async () => {
  const { stream, cancelled } = pipe();
  const { handle, seen } = gatewayTo(undefined, { maxBodyBytes: 5 });
  const answer = await handle(call({ body: stream, headers: { "content-length": "6" } }));
  const message = "Cannot pass the request on: its body is longer than 5 bytes";
  assert.deepEqual([answer.status, await answer.json()], [413, { error: { code: "BodyTooLarge", message } }]);
  assert.equal(seen.length, 0);
  await until(() => cancelled.length === 1);
});

for (const told of [undefined, "1"]) {
  test(`a body that turns out to be too long is cut off, where it tells ${told}`, async () => {
    const source = pipe();
    let received = "";
    const { handle } = gatewayTo(async (request) => {
      for await (const chunk of request.body as ReadableStream<Uint8Array>) {
        received += new TextDecoder().decode(chunk);
      }
      return new Response("it was all there");
    }, { maxBodyBytes: 5 });
    for (const text of ["abc", "de", "f", "never read"]) source.write(text);
    const answer = await handle(
      call({ body: source.stream, headers: told ? { "content-length": told } : {} }),
    );
    assert.equal(answer.status, 413);
    assert.ok("abcde".startsWith(received), received);
    await until(() => source.cancelled.length === 1);
  });
}

test("a body of just maxBodyBytes passes", async () => {
  const { handle, seen } = gatewayTo(async (request) => new Response(await bodyOf(request)), {
    maxBodyBytes: 5,
  });
  for (const headers of [undefined, { "content-length": "5" }]) {
    const { stream, write, close } = pipe();
    write("abc");
    write("de");
    close();
    assert.equal(await (await handle(call({ body: stream, headers }))).text(), "abcde");
  }
  assert.equal(seen.length, 2);
});

const events = { headers: { "content-type": "text/event-stream; charset=utf-8" } };

test("an answer reaches the caller chunk by chunk, as the service writes it", async () => {
  const service = pipe();
  const { handle } = gatewayTo(() => new Response(service.stream, events));
  const answer = await handle(call({ body: "{}" }));
  assert.equal(answer.headers.get("cache-control"), "no-cache, no-transform");
  const reader = answer.body!.getReader();
  for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
    service.write(text);
    assert.deepEqual((await reader.read()).value, utf8(text));
  }
  service.close();
  assert.equal((await reader.read()).done, true);
});

test("an answer is read no faster than the caller reads", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(1000))),
  }, { highWaterMark: 0 });
  const answer = await gatewayTo(() => new Response(endless)).handle(call());
  const reader = answer.body!.getReader();
  for (let chunk = 0; chunk < 3; chunk++) await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(pulled <= 6, `${pulled} chunks for 3`); // runtimes put a queue of one or two behind a Response
  await reader.cancel();
});

test("a caller that stops reading ends the request to the service", async () => {
  const service = pipe();
  const { handle, seen, errors } = gatewayTo(
    (_, attempt) => new Response(attempt === 1 ? service.stream : null),
    { concurrency: 1 },
  );
  const answer = await handle(call());
  service.write("x");
  const reader = answer.body!.getReader();
  await reader.read();
  await reader.cancel("enough");
  await until(() => isEnded(seen[0]!, service));
  assert.deepEqual(errors, []);
  assert.equal((await handle(call())).status, 200);
});

for (const type of ["text/event-stream", "text/plain"]) {
  test(`a caller that stops reading ${type} while the service thinks is no failure`, async () => {
    const service = pipe();
    const headers = { "content-type": type };
    const { handle, seen, errors } = gatewayTo(() => new Response(service.stream, { headers }));
    const reader = (await handle(call())).body!.getReader();
    const reading = reader.read();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await reader.cancel("enough");
    await until(() => isEnded(seen[0]!, service));
    assert.equal((await reading).done, true);
    assert.deepEqual(errors, []);
  });
}

test("a caller that leaves in the middle of an answer ends the request to the service", async () => {
  const caller = new AbortController();
  const service = pipe();
  const { handle, seen, errors } = gatewayTo(() => new Response(service.stream, events));
  const answer = await handle(call({ signal: caller.signal }));
  const reading = answer.text().catch((error) => error);
  caller.abort(new Error("gone"));
  await reading;
  await until(() => isEnded(seen[0]!, service));
  assert.deepEqual(errors, []);
});

test("a service that falls silent in the middle ends a stream of events by an event that says so", async () => {
  const service = pipe();
  const { handle, seen, errors } = gatewayTo(() => new Response(service.stream, events), { idleTimeout: 20 });
  const answer = await handle(call());
  service.write("data: 1\r");
  service.write("\n\r\n");
  const error = { error: { code: "Timeout", message: "The service took too long" } };
  assert.equal(await answer.text(), `data: 1\r\n\r\ndata: ${JSON.stringify(error)}\n\n`);
  assert.ok(errors[0] instanceof TimeoutError);
  assert.match(errors[0].message, /silent for 20 ms/);
  await until(() => isEnded(seen[0]!, service));
});

test("comments fill the silence of a stream of events, where one may stand, and count for no life of the service", async () => {
  const service = pipe();
  const bounds = { heartbeat: 10, idleTimeout: 150 };
  const { handle, errors } = gatewayTo(() => new Response(service.stream, events), bounds);
  const reader = (await handle(call())).body!.getReader();
  const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
  assert.equal(await next(), ":\n\n");
  service.write("\uFEFFdata: 1\n\n"); // whose mark is no mark any more
  let text = "";
  while (!text.includes("data")) text = await next();
  assert.equal(text, "data: 1\n\n");
  assert.equal(await next(), ":\n\n");
  service.write("data: in the mid");
  while (!text.includes("mid")) text = await next();
  const cut = next(); // no comment, but the end of patience
  await assert.rejects(cut, /silent for 150 ms/);
  assert.ok(errors[0] instanceof TimeoutError);
});

test("comments end when their caller leaves, and no other body gets any", async () => {
  const service = pipe();
  const { handle, seen } = gatewayTo(() => new Response(service.stream, events), { heartbeat: 5 });
  const reader = (await handle(call())).body!.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), ":\n\n");
  await reader.cancel();
  await until(() => isEnded(seen[0]!, service));
  const plain = pipe();
  const other = gatewayTo(() => new Response(plain.stream), { heartbeat: 5 });
  const answer = await other.handle(call());
  setTimeout(() => (plain.write("x"), plain.close()), 50);
  assert.equal(await answer.text(), "x");
});

const breaks: [name: string, type: string, sent: string, rest: string | undefined][] = [
  ["before the first event", "text/event-stream", "", ""],
  ["after an event", "text/event-stream", "data: 1\n\n", ""],
  ["inside an event", "text/event-stream", "data: 1", undefined],
  ["in other bodies", "application/json", "[1,\n\n", undefined],
];
for (const [name, type, sent, rest] of breaks) {
  test(`an answer that breaks ${name} ${rest === undefined ? "breaks for the caller" : "says so"}`, async () => {
    const service = pipe();
    const headers = { "content-type": type };
    const { handle, errors } = gatewayTo(() => new Response(service.stream, { headers }));
    const answer = await handle(call());
    const reader = answer.body!.getReader();
    if (sent) {
      service.write(sent);
      assert.deepEqual((await reader.read()).value, utf8(sent));
    }
    service.fail(new TypeError("connection to internal-host reset"));
    if (rest === undefined) await assert.rejects(reader.read());
    else {
      const last = JSON.stringify({ error: { code: "BadGateway", message: "The service broke off" } });
      assert.deepEqual((await reader.read()).value, utf8(`data: ${last}\n\n`));
      assert.equal((await reader.read()).done, true);
    }
    assert.match(String(errors[0]), /reset/);
  });
}

/** The chunks as a stream that gives one when it is asked for one. */
function streamOf(chunks: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const rest = chunks.values();
  return new ReadableStream({
    pull(controller) {
      const { value } = rest.next();
      if (value) controller.enqueue(value);
      else controller.close();
    },
  });
}

test("both bodies come out as they went in, however they are cut, or not at all when they are too long", async () => {
  const bytes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }).map((view) => view.slice()), {
    maxLength: 8,
  });
  const types = fc.constantFrom("text/event-stream", "application/octet-stream");
  const bounds = fc.record({
    maxBodyBytes: fc.integer({ min: 1, max: 100 }),
    bufferBytes: fc.integer({ min: 0, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(
      bytes,
      bytes,
      types,
      bounds,
      fc.boolean(),
      async (sent, answered, type, bounds, tells) => {
        const length = sent.reduce((sum, chunk) => sum + chunk.length, 0);
        const isTooLong = length > bounds.maxBodyBytes;
        let received: Uint8Array | undefined;
        const { handle } = gatewayTo(async ({ body }) => {
          received = new Uint8Array(await new Response(body).arrayBuffer());
          return new Response(streamOf(answered), { headers: { "content-type": type } });
        }, bounds);
        const headers: HeadersInit = tells ? { "content-length": `${length}` } : {};
        const answer = await handle(call({ body: streamOf(sent), headers }));
        assert.equal(answer.status, isTooLong ? 413 : 200);
        if (isTooLong) return assert.equal(received, undefined);
        assert.deepEqual([...received!], sent.flatMap((chunk) => [...chunk]));
        const back = new Uint8Array(await answer.arrayBuffer());
        assert.deepEqual([...back], answered.flatMap((chunk) => [...chunk]));
      },
    ),
    { numRuns: 150 },
  );
});
