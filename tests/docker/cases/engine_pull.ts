// Pulls from a registry on loopback, so the engine must be on this machine.
import { before, test } from "node:test";
import assert from "node:assert/strict";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { inspectImage, removeImage } from "../../../plugins/local-docker/engine/images.ts";
import { pullImage, type PullProgress } from "../../../plugins/local-docker/engine/pull-image.ts";
import { TimeoutError } from "../../../core/errors.ts";
import { until } from "../../support/fake_engine.ts";
import { watchedSignal } from "../../support/watched_signal.ts";
import { printedBy } from "../containers.ts";
import { rejects } from "../engine_suite.ts";
import { withRegistry } from "../registry.ts";

let engine: Engine;
before(async () => {
  engine = await connectEngine();
});

test("pullImage() brings an image that runs, and tells how far it is", async () => {
  await withRegistry({}, async ({ image }) => {
    const heard: PullProgress[] = [];
    await pullImage(engine, image, { onProgress: (progress) => heard.push(progress) });
    try {
      assert.deepEqual((await inspectImage(engine, image))?.command, ["/bin/serve"]);
      assert.deepEqual(await printedBy(engine, { Image: image, Cmd: ["echo", "it runs"] }), ["it runs"]);
      assert.ok(heard.some(({ layer }) => layer), "layers have names");
      assert.ok(heard.some(({ status }) => /download|complete/i.test(status)), JSON.stringify(heard));
      for (const { done, total } of heard) assert.ok(!total || (done ?? 0) <= total);
    } finally {
      await removeImage(engine, image, { force: true });
    }
  });
});

test("pullImage() of what a registry doesn't have is IMAGE_NOT_FOUND", async () => {
  await withRegistry({}, async ({ image }) => {
    const error = await rejects("IMAGE_NOT_FOUND", pullImage(engine, image.replace(/:1$/, ":none")));
    assert.match(error.message, /^Cannot pull the image 127\.0\.0\.1:\d+\/tests\/tiny:none: .*; see that/);
  });
});

test("pullImage() is refused without an account and with a wrong one, and shows none; the right one is taken", async () => {
  const account = { username: "me", password: "quite-secret-1" };
  await withRegistry({ account }, async ({ image }) => {
    await rejects("PULL_REFUSED", pullImage(engine, image));
    const wrong = await rejects(
      "PULL_REFUSED",
      pullImage(engine, image, { auth: { ...account, password: "not-it-2" } }),
    );
    assert.doesNotMatch(`${wrong} ${wrong.stack} ${JSON.stringify(wrong)}`, /not-it-2|bm90LWl0/);
    assert.equal(await inspectImage(engine, image), undefined);
    await pullImage(engine, image, { auth: account });
    await removeImage(engine, image, { force: true });
  });
});

test("pullImage() from a registry that can't be reached is PULL_REFUSED", async () => {
  const { image } = await withRegistry({}, (registry) => Promise.resolve(registry)); // closed by now
  await rejects("PULL_REFUSED", pullImage(engine, image));
});

test("pullImage() that is aborted rejects with the reason, ends the transfer and leaves no image", async () => {
  await withRegistry({ delay: 30 }, async ({ image, open }) => {
    const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
    const pull = pullImage(engine, image, { signal });
    pull.catch(() => {}); // it is looked at below
    await until("a layer is coming", () => open() > 0);
    controller.abort(reason);
    await assert.rejects(pull, (error) => error === reason);
    assert.equal(listeners(), 0);
    await until("the transfer has ended", () => open() === 0);
    assert.equal(await inspectImage(engine, image), undefined);
  });
});

test("pullImage() that takes too long rejects with a TimeoutError", async () => {
  await withRegistry({ delay: 50 }, async ({ image }) => {
    await assert.rejects(pullImage(engine, image, { timeout: 300 }), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /: no image within 300 ms/);
      return true;
    });
  });
});

test("pullImage() ends with what its progress throws", async () => {
  await withRegistry({ delay: 10 }, async ({ image, open }) => {
    const reason = new Error("enough");
    const onProgress = (): never => {
      throw reason;
    };
    await assert.rejects(pullImage(engine, image, { onProgress }), (error) => error === reason);
    await until("the transfer has ended", () => open() === 0);
  });
});
