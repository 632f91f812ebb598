import { test } from "node:test";
import assert from "node:assert/strict";
import { DockerError } from "../../../plugins/local-docker/engine/docker-error.ts";
import { TimeoutError } from "../../../core/errors.ts";
import { type Serve, until, whole, withFakeEngine } from "../../support/fake_engine.ts";
import { sleep, watchedSignal } from "../../support/watched_signal.ts";

const ok: Serve = (socket) => void socket.end(whole("200 OK", "fine"));
const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

function isGone(error: unknown): boolean {
  assert.ok(error instanceof DockerError, `${error}`);
  assert.equal(error.code, "ENGINE_GONE");
  return true;
}

test("call() sends path, version, query, headers and JSON, and lets go of everything", async () => {
  const { signal, listeners } = watchedSignal();
  await withFakeEngine(ok, async ({ engine, requests, open }) => {
    const response = await engine.call("POST", "/containers/create", {
      query: { name: "a b&c", platform: undefined },
      headers: { "X-Test": "yes" },
      json: { Image: "ü" },
      signal,
    });
    assert.equal(await response.text(), "fine");
    assert.match(requests[0]!, /^POST \/v1\.41\/containers\/create\?name=a\+b%26c HTTP\/1\.1\r\n/);
    assert.match(requests[0]!, /\r\nx-test: yes(\r\n|$)/i);
    assert.match(requests[0]!, /\r\ncontent-type: application\/json(\r\n|$)/i);
    assert.match(requests[0]!, /\r\ncontent-length: 14(\r\n|$)/i);
    await until("no connection is open", () => open() === 0);
  });
  assert.equal(listeners(), 0);
});

test("call() of an answer without a body has none", async () => {
  await withFakeEngine(
    (socket) => void socket.end("HTTP/1.1 204 No Content\r\n\r\n"),
    async ({ engine, open }) => {
      const { status, body } = await engine.call("POST", "/containers/x/start");
      assert.deepEqual([status, body], [204, null]);
      await until("no connection is open", () => open() === 0);
    },
  );
});

test("call() aborted before it begins sends nothing", async () => {
  const reason = new Error("stop"), signal = AbortSignal.abort(reason);
  await withFakeEngine(ok, async ({ engine, requests }) => {
    await assert.rejects(engine.call("GET", "/x", { signal }), (error) => error === reason);
    assert.deepEqual(requests, []);
  });
});

test("call() aborted before the answer rejects with the reason and hangs up", async () => {
  const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
  await withFakeEngine(() => {}, async ({ engine, requests, open }) => {
    const call = engine.call("GET", "/x", { signal });
    await until("the request has come", () => requests.length === 1);
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    await until("no connection is open", () => open() === 0);
  });
  assert.equal(listeners(), 0);
});

test("call() aborted inside the answer fails the body with the reason and hangs up", async () => {
  const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
  await withFakeEngine((socket) => void socket.write(`${chunked}4\r\nline\r\n`), async ({ engine, open }) => {
    const response = await engine.call("GET", "/x", { signal });
    const reader = response.body!.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "line");
    const next = reader.read();
    controller.abort(reason);
    await assert.rejects(next, (error) => error === reason);
    await until("no connection is open", () => open() === 0);
  });
  assert.equal(listeners(), 0);
});

test("call() hangs up when the reader wants no more", async () => {
  const { signal, listeners } = watchedSignal();
  await withFakeEngine((socket) => void socket.write(`${chunked}4\r\nline\r\n`), async ({ engine, open }) => {
    const response = await engine.call("GET", "/x", { signal });
    await response.body!.cancel();
    await until("no connection is open", () => open() === 0);
  });
  assert.equal(listeners(), 0);
});

test("call() rejects with a TimeoutError when no answer comes, and hangs up", async () => {
  await withFakeEngine(() => {}, async ({ engine, open }) => {
    await assert.rejects(engine.call("GET", "/x", { timeout: 50, what: "Cannot look" }), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /^Cannot look: no answer within 50 ms/);
      return true;
    });
    await until("no connection is open", () => open() === 0);
  });
});

test("call() lets an answer's body take longer than the timeout", async () => {
  const serve: Serve = (socket) => {
    socket.write(`${chunked}1\r\na\r\n`);
    setTimeout(() => socket.end("1\r\nb\r\n0\r\n\r\n"), 400);
  };
  await withFakeEngine(serve, async ({ engine }) => {
    const response = await engine.call("GET", "/x", { timeout: 200 });
    assert.equal(await response.text(), "ab");
  });
});

const breaks: Record<string, Serve> = {
  "before it answers": (socket) => void socket.destroy(),
  "inside the answer's head": (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-le"),
};
for (const [when, serve] of Object.entries(breaks)) {
  test(`call() rejects with ENGINE_GONE when the engine hangs up ${when}`, async () => {
    await withFakeEngine(serve, async ({ engine, open }) => {
      await assert.rejects(engine.call("GET", "/x"), isGone);
      await until("no connection is open", () => open() === 0);
    });
  });
}

const cutOff: Record<string, string> = {
  "a body shorter than it was said to be": "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart",
  "a chunk that ends too soon": `${chunked}100\r\npart`,
  "a last chunk that is missing": `${chunked}4\r\npart\r\n`,
};
for (const [how, answer] of Object.entries(cutOff)) {
  test(`call() fails with ENGINE_GONE for ${how}`, async () => {
    const { signal, listeners } = watchedSignal();
    await withFakeEngine((socket) => void socket.write(answer, () => socket.end()), async ({ engine }) => {
      await assert.rejects(async () => await (await engine.call("GET", "/x", { signal })).text(), isGone);
    });
    assert.equal(listeners(), 0);
  });
}

test("call() rejects with ENGINE_GONE when nothing listens", async () => {
  const { engine } = await withFakeEngine(ok, (fake) => Promise.resolve(fake));
  await assert.rejects(engine.call("GET", "/x"), isGone);
});

/** A body of 64 KiB pieces without an end, which counts. */
function endless(): { body: ReadableStream<Uint8Array>; pulled: () => number; cancelled: () => unknown } {
  let pulled = 0, cancelled: unknown;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
    cancel(reason) {
      cancelled = reason ?? true;
    },
  }, { highWaterMark: 0 });
  return { body, pulled: () => pulled, cancelled: () => cancelled };
}

// What sockets, runtimes and streams hold; without back-pressure it would be gigabytes.
const buffers = 16 * 1024 * 1024;

test("call() reads a body as fast as the engine takes it, and cancels it on abort", async () => {
  const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
  const { body, pulled, cancelled } = endless();
  await withFakeEngine((socket) => void socket.pause(), async ({ engine, requests, open }) => {
    const call = engine.call("PUT", "/x", { body, signal });
    call.catch(() => {}); // it is looked at below
    await until("the request has come", () => requests.length === 1);
    await sleep(300);
    const before = pulled();
    assert.ok(before < buffers, `${before} bytes were read`);
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    await until("the body is cancelled", () => cancelled() === reason);
    assert.ok(open() <= 1); // a socket that isn't read doesn't hear of its end
  });
  assert.equal(listeners(), 0);
});

test("call() cancels a body that the engine refuses before it was sent", async () => {
  const { body, cancelled } = endless();
  const serve: Serve = (socket) =>
    void socket.write(whole("404 Not Found", '{"message":"No such container: x"}'));
  await withFakeEngine(serve, async ({ engine }) => {
    await assert.rejects(engine.call("PUT", "/x", { body }), (error) => {
      assert.ok(error instanceof DockerError);
      assert.deepEqual([error.code, error.status], ["NOT_FOUND", 404]);
      return true;
    });
    await until("the body is cancelled", () => cancelled() !== undefined);
  });
});

test("call() rejects with the error of a body that can't be read, and doesn't end the request well", async () => {
  const reason = new Error("the disk is gone");
  let sent = "";
  const serve: Serve = (socket, _head, first) => {
    sent += String.fromCharCode(...first);
    socket.on("data", (chunk: Uint8Array) => sent += String.fromCharCode(...chunk));
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent.includes("first")) return controller.enqueue(new TextEncoder().encode("first"));
      await sleep(20);
      controller.error(reason);
    },
  }, { highWaterMark: 0 });
  await withFakeEngine(serve, async ({ engine, open }) => {
    await assert.rejects(engine.call("PUT", "/x", { body }), (error) => error === reason);
    await until("no connection is open", () => open() === 0);
    assert.doesNotMatch(sent, /0\r\n\r\n$/); // the last chunk, which would say that all has come
  });
});

test("call() reads an answer as fast as it is asked for", async () => {
  let written = 0;
  const piece = new Uint8Array(65_536);
  const serve: Serve = (socket) => {
    socket.write(chunked);
    const write = (): void => {
      for (;;) {
        if (written > 4 * buffers) return;
        socket.write("10000\r\n");
        socket.write(piece);
        written += piece.length;
        if (!socket.write("\r\n")) return void socket.once("drain", write);
      }
    };
    write();
  };
  await withFakeEngine(serve, async ({ engine, open }) => {
    const response = await engine.call("GET", "/x");
    const reader = response.body!.getReader();
    await reader.read();
    await sleep(300);
    assert.ok(written < buffers, `${written} bytes were taken`);
    await reader.cancel();
    await until("no connection is open", () => open() === 0);
  });
});

test("call() hides what an engine repeats of the account", async () => {
  const serve: Serve = (socket) => {
    socket.end(
      whole("500 Oops", '{"message":"bad X-Registry-Auth: c2VjcmV0 and Authorization: Bearer abc"}'),
    );
  };
  await withFakeEngine(serve, async ({ engine }) => {
    await assert.rejects(
      engine.call("POST", "/images/create", { headers: { "X-Registry-Auth": "c2VjcmV0" } }),
      (error) => {
        assert.doesNotMatch(`${error}`, /c2VjcmV0|Bearer abc/);
        return true;
      },
    );
  });
});
