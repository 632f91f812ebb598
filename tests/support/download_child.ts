/**
 * Downloads `model.bin` from an emulator to a path and says `done`, or the code of the error: the program that tests kill, or put on
 * a small disk. Arguments: the emulator's address, the path, and options of `download` as JSON.
 *
 * @module
 */
import process from "node:process";
import { createClient } from "../../core/client.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { download } from "../../plugins/storage/download.ts";
import { oss } from "../../plugins/storage/oss.ts";

const [url = "", path = "", options = "{}"] = process.argv.slice(2);
const { region, credentials } = emulator();
const bucket = oss(createClient({ region, credentials, endpoints: { oss: url } }), {
  bucket: "emulator-bucket",
});
try {
  await download(bucket, "model.bin", path, JSON.parse(options));
  console.log("done");
} catch (error) {
  const { name, code, message }: { name?: string; code?: string; message?: string } = Object(error);
  console.log(JSON.stringify({ name, code, message }));
}
