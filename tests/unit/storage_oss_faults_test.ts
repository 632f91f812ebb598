import assert from "node:assert/strict";
import { test } from "node:test";
import { type Credentials, memoize } from "../../core/credentials.ts";
import type { StorageBody } from "../../core/storage.ts";
import { crc64 } from "../../plugins/storage/crc64.ts";
import { copy, verifyCrc64 } from "../../plugins/storage/oss.ts";
import { errorXml, recorded, type Sent, signedAt } from "../support/recorded_oss.ts";

const text = new TextEncoder().encode("some text");

/** The same content as each kind of body. */
const bodies: Record<string, () => StorageBody> = {
  "text": () => "some text",
  "bytes": () => text.slice(),
  "a buffer": () => text.slice().buffer,
  "a blob": () => new Blob([text]),
  "a stream": () => new Blob([text]).stream(),
  "an async iterable": () => chunks(text.slice(0, 4), text.slice(4)),
};
const once = ["a stream", "an async iterable"];

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* parts;
}

/** What a server reads of a request before it answers. */
async function received({ init }: Sent): Promise<string> {
  return await new Response(init.body).text();
}

const ok = (): Response => new Response(null, { headers: { etag: '"AB"' } });
const refused = (code: string, more = "", status = 403): Response =>
  new Response(errorXml(code, more), { status });

/** A provider of temporary credentials that gives the next ones when the last were rejected. */
function renewing(): {
  provider: (options?: { rejected?: Credentials }) => Promise<Credentials>;
  asked: number;
} {
  const state = {
    asked: 0,
    provider: (): Promise<Credentials> =>
      Promise.resolve({
        accessKeyId: "STS.id",
        accessKeySecret: "invented-secret",
        securityToken: `token-${++state.asked}`,
      }),
  };
  return state;
}

for (const code of ["SecurityTokenExpired", "InvalidAccessKeyId", "InvalidSecurityToken"]) {
  for (const [kind, body] of Object.entries(bodies)) {
    test(`put() of ${kind} asks for other credentials when OSS answers ${code}, and never sends a stream twice`, async () => {
      const renewed = renewing();
      const got: string[] = [];
      const { storage, sent } = recorded(
        async (call) => {
          got.push(await received(call));
          return call.headers.get("x-oss-security-token") === "token-1" ? refused(code) : ok();
        },
        {},
        {
          credentials: memoize(renewed.provider, {
            clock: {
              now: () => signedAt,
              sleep: () => Promise.resolve(),
            },
          }),
        },
      );
      const put = storage.put("a", body());
      if (once.includes(kind)) {
        await assert.rejects(put, { name: "StorageError", code });
        assert.deepEqual(got, ["some text"]);
      } else {
        assert.equal((await put).size, text.length);
        assert.deepEqual(got, ["some text", "some text"]);
        assert.deepEqual(sent.map(({ headers }) => headers.get("x-oss-security-token")), [
          "token-1",
          "token-2",
        ]);
        assert.equal(renewed.asked, 2);
      }
    });
  }
}

test("oss() asks once for other credentials, and not for those that never end", async () => {
  const renewed = renewing();
  const { storage, sent } = recorded(() => refused("SecurityTokenExpired"), {}, {
    credentials: renewed.provider,
  });
  await assert.rejects(storage.get("a"), { code: "SecurityTokenExpired" });
  assert.equal(sent.length, 2);

  const same = recorded(() => refused("SecurityTokenExpired"));
  await assert.rejects(same.storage.get("a"), { code: "SecurityTokenExpired" });
  assert.equal(same.sent.length, 1); // the provider had no others

  const lasting = recorded(() => refused("InvalidAccessKeyId"), {}, {
    credentials: (options) => {
      assert.equal(options?.rejected, undefined);
      return Promise.resolve({ accessKeyId: "id", accessKeySecret: "secret" });
    },
  });
  await assert.rejects(lasting.storage.get("a"), { code: "InvalidAccessKeyId" });
  assert.equal(lasting.sent.length, 1);
});

test("oss() renews credentials once for many calls that were refused together", async () => {
  const renewed = renewing();
  const { storage, sent } = recorded(
    ({ headers }) =>
      headers.get("x-oss-security-token") === "token-1" ? refused("SecurityTokenExpired") : ok(),
    {},
    { credentials: memoize(renewed.provider) },
  );
  await Promise.all(Array.from({ length: 20 }, (_, i) => storage.delete(`a${i}`)));
  assert.equal(renewed.asked, 2);
  assert.equal(sent.length, 40);
});

test("oss() gets over a wrong clock and ended credentials in one call", async () => {
  const renewed = renewing();
  const { storage, sent } = recorded(
    ({ headers }) => {
      if (headers.get("x-oss-date")!.startsWith("20260409T01")) {
        return refused("RequestTimeTooSkewed", "<ServerTime>2026-04-09T03:00:00.000Z</ServerTime>");
      }
      return headers.get("x-oss-security-token")! < "token-3" ? refused("SecurityTokenExpired") : ok();
    },
    {},
    { credentials: renewed.provider },
  );
  await storage.delete("a");
  assert.equal(sent.length, 3);
});

test("oss() believes no server that is a year off, or gives no time", async () => {
  for (const time of ["1970-01-01T00:00:00.000Z", "2028-01-01T00:00:00.000Z", "soon", ""]) {
    const { storage, sent } = recorded(() =>
      refused("RequestTimeTooSkewed", `<ServerTime>${time}</ServerTime>`)
    );
    await assert.rejects(storage.put("a", "text"), { code: "RequestTimeTooSkewed" });
    assert.equal(sent.length, 1);
  }
});

for (const [kind, body] of Object.entries(bodies)) {
  test(`put() of ${kind} is sent again after 503 SlowDown when it can be`, async () => {
    const got: string[] = [];
    const { storage, pauses } = recorded(async (call, count) => {
      got.push(await received(call));
      return count < 3 ? refused("SlowDown", "", 503) : ok();
    });
    if (once.includes(kind)) {
      await assert.rejects(storage.put("a", body()), { code: "SlowDown", status: 503 });
      assert.deepEqual(got, ["some text"]);
      assert.deepEqual(pauses, []);
    } else {
      await storage.put("a", body());
      assert.deepEqual(got, ["some text", "some text", "some text"]);
      assert.equal(pauses.length, 2);
    }
  });
}

for (const [kind, body] of Object.entries(bodies)) {
  test(`put() of ${kind} compares the CRC-64 when it is told to`, async () => {
    const answer = (crc?: string) => async (call: Sent): Promise<Response> => {
      await received(call);
      return new Response(null, { headers: crc === undefined ? {} : { "x-oss-hash-crc64ecma": crc } });
    };
    const right = `${crc64(text)}`;
    const verified = (crc?: string): ReturnType<typeof recorded> =>
      recorded(answer(crc), { verify: verifyCrc64 });
    assert.equal((await verified(right).storage.put("a", body())).crc64, right);
    assert.equal((await verified().storage.put("a", body())).crc64, undefined);
    await assert.rejects(verified("123").storage.put("a", body()), {
      name: "StorageError",
      code: "CrcMismatch",
      key: "a",
      message:
        `Cannot put "oss://bkt/a": what OSS stored has CRC-64 123, what was sent ${right}; put it again`,
    });
    const unverified = recorded(answer("123"));
    assert.equal((await unverified.storage.put("a", body())).crc64, "123");
  });
}

test("put() closes a source that is not read to its end", async () => {
  let closed: unknown[] = [];
  const stream = (): ReadableStream<Uint8Array> =>
    new ReadableStream({ cancel: (reason) => void closed.push(reason) });
  const reason = new Error("no credentials");
  const { storage } = recorded(ok, {}, { credentials: () => Promise.reject(reason) });
  await assert.rejects(storage.put("a", stream()), (error) => error === reason);
  assert.deepEqual(closed, [reason]);

  closed = [];
  const aborted = new Error("enough");
  const { storage: other } = recorded(ok);
  await assert.rejects(
    other.put("a", stream(), { signal: AbortSignal.abort(aborted) }),
    (error) => error === aborted,
  );
  assert.deepEqual(closed, [aborted]);
});

test("put() tells of a broken connection, not of what its source did when nobody read it any more", async () => {
  for (const size of [undefined, 100]) {
    const { storage } = recorded(async ({ init }) => {
      const reader = (init.body as ReadableStream<Uint8Array>).getReader(); // which was put
      const pending = reader.read();
      await reader.cancel(); // while the source is asked for more
      await pending;
      throw new TypeError("connection reset");
    });
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve));
        controller.enqueue(text.slice());
      },
    }, { highWaterMark: 0 });
    await assert.rejects(storage.put("a", slow, { size }), { name: "StorageError", code: "NetworkError" });
  }
});

test("put() is no success when OSS answers before it has all of a stream", async () => {
  const { storage } = recorded(async ({ init }) => {
    await (init.body as ReadableStream).getReader().read(); // one chunk of two
    return ok();
  });
  const parts = [text.slice(0, 4), text.slice(4)];
  for (const size of [undefined, text.length]) {
    await assert.rejects(storage.put("a", chunks(...parts), { size }), {
      name: "StorageError",
      code: "InvalidResponse",
      message: 'Cannot put "oss://bkt/a": answered before all was sent',
    });
  }
});

test("put() that is aborted on its way rejects with the signal's reason and is not sent again", async () => {
  for (const [kind, body] of Object.entries(bodies)) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { storage, sent } = recorded(async (call) => {
      await received(call);
      controller.abort(reason);
      return ok(); // even if OSS has it, nobody waits for the answer
    });
    await assert.rejects(
      storage.put("a", body(), { signal: controller.signal }),
      (error) => error === reason,
      kind,
    );
    assert.equal(sent.length, 1);
  }
});

/** An answer whose connection breaks in the middle. */
function broken(beginning: string): Response {
  const parts = [new TextEncoder().encode(beginning)];
  return new Response(
    new ReadableStream({
      pull(controller) {
        const part = parts.pop();
        if (part) controller.enqueue(part);
        else controller.error(new TypeError("terminated"));
      },
    }),
  );
}

test("a listing that is cut off or broken off is an error", async () => {
  const page = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents>";
  for (
    const [answer, code] of [
      [() => new Response(page), "InvalidResponse"],
      [() => new Response(""), "InvalidResponse"],
      [() => broken(page), "NetworkError"],
    ] as const
  ) {
    const { storage } = recorded(answer);
    await assert.rejects(Array.fromAsync(storage.list()), {
      name: "StorageError",
      code,
      message: /^Cannot list "oss:/,
    });
  }
});

test("an answer of success that holds an error is one", async () => {
  for (const status of [200, 203]) {
    const { storage } = recorded(() =>
      new Response(errorXml("InternalError"), { status, headers: { "x-oss-request-id": "ID" } })
    );
    await assert.rejects(copy(storage, "b", { key: "a" }), {
      name: "StorageError",
      code: "InternalError",
      status,
      requestId: "ID",
      key: "b",
      message: 'Cannot copy to "oss://bkt/b": InternalError (Said InternalError)',
    });
  }
  const answers: [() => Response, string][] = [
    [() => new Response("<CopyObjectResult><ETag>"), "InvalidResponse"],
    [() => new Response(""), "InvalidResponse"],
    [() => new Response("<Other/>"), "InvalidResponse"],
    [() => broken("<CopyObjectResult>"), "NetworkError"],
  ];
  for (const [answer, code] of answers) {
    await assert.rejects(copy(recorded(answer).storage, "b", { key: "a" }), { name: "StorageError", code });
  }
});
