/**
 * Uploads a file to the key `model.bin` of an emulator, keeping a checkpoint in a file beside it, and says
 * `done`, or the error: the program that tests kill. Arguments: the emulator's address, the path, and options
 * of `upload` as JSON.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { createClient } from "../../core/client.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fromDisk } from "../../plugins/storage/files.ts";
import { upload } from "../../plugins/storage/multipart.ts";
import { oss } from "../../plugins/storage/oss.ts";

const [url = "", path = "", options = "{}"] = process.argv.slice(2);
const { region, credentials } = emulator();
const bucket = oss(createClient({ region, credentials, endpoints: { oss: url } }), {
  bucket: "emulator-bucket",
});
const kept = `${path}.checkpoint`;
const checkpoint = await readFile(kept, "utf8").then((text) => JSON.parse(text), () => undefined);
try {
  for await (const file of fromDisk(path)) {
    await upload(bucket, "model.bin", file, {
      ...JSON.parse(options),
      checkpoint,
      async onCheckpoint(state) {
        await writeFile(`${kept}.new`, JSON.stringify(state));
        await rename(`${kept}.new`, kept);
      },
    });
  }
  console.log("done");
} catch (error) {
  const { name, code, message }: { name?: string; code?: string; message?: string } = Object(error);
  console.log(JSON.stringify({ name, code, message }));
}
