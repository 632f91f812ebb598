import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "../../core/bytes.ts";
import { Predictor } from "../../core/predictor.ts";
import { image, imageType } from "../../plugins/serializers/image.ts";

/** The smallest image of each kind, or as much of one as tells it. */
const images = {
  "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=",
  "image/gif": "R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=",
  "image/jpeg": "/9j/4AAQSkZJRgABAQEASABIAAA=",
  "image/webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
  "image/bmp": "Qk1GAAAAAAAAADYAAAA=",
  "image/tiff": "SUkqAAgAAAA=",
};
const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

for (const [type, base64] of Object.entries(images)) {
  const given = bytesOf(base64);

  test(`image() passes ${type} as it is, under its own type or as bytes`, () => {
    assert.equal(imageType(given), type);
    assert.deepEqual(image(type).serialize(given), given);
    assert.equal(image(type).contentType, type);
    assert.deepEqual(image().serialize(given), given);
    assert.equal(image().contentType, "application/octet-stream");
  });

  test(`image() refuses ${type} where another type was promised`, () => {
    const other = type === "image/png" ? "image/gif" : "image/png";
    assert.throws(() => image(other).serialize(given), {
      name: "TypeError",
      message: `Cannot send the image: its first bytes are of ${type}, not ${other}`,
    });
  });
}

test("imageType() knows the other spellings of the formats, and where a view begins", () => {
  const latin = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  assert.equal(imageType(latin("GIF87a")), "image/gif");
  assert.equal(imageType(latin("MM\0*")), "image/tiff");
  assert.equal(imageType(latin("\xff\xd8\xff\xdb")), "image/jpeg");
  assert.equal(imageType(latin("RIFF\n\n\n\nWEBP")), "image/webp");
  assert.equal(imageType(latin("RIFF\0\0\0\0WAVE")), undefined);
  assert.equal(imageType(latin(" BM")), undefined);
  assert.equal(imageType(latin(" BM").subarray(1)), "image/bmp");
  assert.equal(imageType(latin("BM").buffer), "image/bmp");
  assert.equal(imageType(latin("")), undefined);
});

test("image() refuses what is no image it knows, unless its type was given", () => {
  const given = new TextEncoder().encode("<svg/>");
  assert.throws(() => image().serialize(given), {
    name: "TypeError",
    message: "Cannot send the image: its first bytes are of no known type, not an image",
  });
  assert.throws(() => image("image/png").serialize(given), TypeError);
  assert.deepEqual(image("image/svg+xml").serialize(given), given);
  assert.deepEqual(image("toString").serialize(given), given); // no type, but no property of an object either
  assert.throws(() => image().serialize("BM" as unknown as ArrayBuffer), TypeError); // as a program without types may
});

test("image() reads answers as JSON, or as it is told", async () => {
  const seen: unknown[] = [];
  const options = {
    endpoint: "https://example.com/api/predict/detector",
    fetch: (_url: string, { headers, body }: RequestInit) => {
      seen.push(new Headers(headers).get("content-type"), body);
      return new Response('{"label":"cat"}');
    },
  };
  const given = bytesOf(images["image/png"]);
  const predictor = new Predictor({ ...options, serializer: image<{ label: string }>("image/png") });
  assert.equal((await predictor.predict(given)).label, "cat");
  const asText = new Predictor({ ...options, serializer: image("image/png", { output: text() }) });
  assert.equal((await asText.predict(given)).slice(2, 7), "label");
  assert.deepEqual(seen, ["image/png", given, "image/png", given]);
});
