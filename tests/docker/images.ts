/**
 * Images for tests, made of what this machine has, since no registry is asked: each is made at most once in a run.
 *
 * @module
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Readable } from "node:stream";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { inspectImage } from "../../plugins/local-docker/engine/images.ts";
import { jsonLines } from "../../plugins/local-docker/engine/json-lines.ts";
import { denoProgram, librariesOf, printed, pythonHere } from "./programs.ts";

/** Beginning of all images' names, with a registry since Podman knows several. */
export const imagePrefix = "localhost/pai-edge-tests/";

/** A tag for the run, else one that changes with what images are made of: this file. */
function tag(name: string): string {
  const { mtimeMs } = statSync(fileURLToPath(import.meta.url));
  return `${imagePrefix}${name}:${process.env.DOCKER_TESTS_RUN || `at${Math.trunc(mtimeMs)}`}`;
}

/**
 * Busybox with all its programs, 2 MB. `/bin/serve` answers on `LISTENING_PORT`, or 8000: `GET /health` with `ok`, and
 * any request to `/` or `/cgi-bin/predict` with `{"bytes":5,"input":<the body>,"model":"<the file /model/name>"}`; the
 * body is JSON. It starts when the container is given no command.
 */
export function tinyImage(engine: Engine): Promise<string> {
  return made(engine, "tiny", ['CMD ["/bin/serve"]', "EXPOSE 8000"], (folder) => addBusybox(folder));
}

/** The machine's own Python with its library and pip, as `python3` and `pip`, beside busybox. */
export function pythonImage(engine: Engine): Promise<string> {
  return made(engine, "python", ['CMD ["python3"]'], addPython);
}

/**
 * Python with a program `tensorflow_model_server` that stands for TensorFlow Serving: it takes its flags, ends as it does
 * when there is no SavedModel, and answers its REST API for a "model" whose file `saved_model.pb` is `{"factor":3}`, by
 * which it multiplies.
 */
export function servingImage(engine: Engine): Promise<string> {
  return made(engine, "serving", [], async (folder) => {
    await addPython(folder);
    const path = fileURLToPath(new URL("tensorflow_model_server.py", import.meta.url));
    cpSync(path, join(folder, "bin/tensorflow_model_server"));
    chmodSync(join(folder, "bin/tensorflow_model_server"), 0o755);
  });
}

async function addPython(folder: string): Promise<void> {
  await addBusybox(folder);
  const { program, library, sitePackages, pip } = await pythonHere();
  const without = ["test", "tests", "idlelib", "tkinter", "*-packages", "config-*", "EXTERNALLY-MANAGED"];
  const excluded = without.map((name) => `--exclude=${name}`);
  await copied(library, folder, excluded);
  for (const path of pip) cpSync(path, join(folder, sitePackages, basename(path)), { recursive: true });
  await addProgram(folder, program, program, join(library, "lib-dynload"));
  for (const name of ["python3", "python"]) symlinkSync(program, join(folder, "bin", name));
  script(join(folder, "bin/pip"), 'exec /bin/python3 -m pip "$@"\n');
}

/** Deno as `deno`, beside busybox. */
export function denoImage(engine: Engine): Promise<string> {
  return made(
    engine,
    "deno",
    ['CMD ["deno"]', "ENV DENO_NO_UPDATE_CHECK=1"],
    async (folder) => {
      await addBusybox(folder);
      await addProgram(folder, denoProgram(), "/bin/deno");
    },
  );
}

/** Makes all of them. */
export async function makeImages(engine: Engine): Promise<string[]> {
  return [
    await tinyImage(engine),
    await pythonImage(engine),
    await denoImage(engine),
    await servingImage(engine),
  ];
}

/** Makes an image of a tar of files. */
export async function importImage(
  engine: Engine,
  name: string,
  tar: Uint8Array | ReadableStream<Uint8Array>,
  changes: readonly string[] = [],
): Promise<void> {
  const query = new URLSearchParams({ fromSrc: "-", repo: name }); // Podman 4.3 reads no tag of its own
  for (const change of changes) query.append("changes", change);
  const response = await engine.call("POST", `/images/create?${query}`, {
    body: tar,
    headers: { "content-type": "application/x-tar" },
    what: `Cannot make the image ${name}`,
  });
  for await (const line of jsonLines(response.body!)) {
    if (Object(line).error) throw new Error(`Cannot make the image ${name}: ${Object(line).error}`);
  }
}

/** The files of {@linkcode tinyImage} as a tar. */
export async function tinyFiles(): Promise<Uint8Array<ArrayBuffer>> {
  return await filled(
    addBusybox,
    async (tar) => new Uint8Array(await new Response(tar as BodyInit).arrayBuffer()),
  );
}

async function made(
  engine: Engine,
  name: string,
  changes: readonly string[],
  fill: (folder: string) => void | Promise<void>,
): Promise<string> {
  const image = tag(name);
  if (await inspectImage(engine, image)) return image;
  await filled(fill, (tar) => importImage(engine, image, tar, [...common, ...changes]));
  return image;
}

const common = ["WORKDIR /", "ENV PATH=/bin", "ENV HOME=/tmp"];

/** Makes a folder, fills it, and hands on its tar. */
async function filled<T>(
  fill: (folder: string) => void | Promise<void>,
  use: (tar: ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "test-image-"));
  try {
    for (const path of ["bin", "etc", "tmp", "www/cgi-bin"]) {
      mkdirSync(join(folder, path), { recursive: true });
    }
    chmodSync(join(folder, "tmp"), 0o1777);
    writeFileSync(
      join(folder, "etc/passwd"),
      "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n",
    );
    writeFileSync(join(folder, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
    await fill(folder);
    const tar = spawn("tar", ["-C", folder, "--owner=0", "--group=0", "-c", "."], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return await use(Readable.toWeb(tar.stdout) as ReadableStream<Uint8Array>); // the types of Node and of the web differ
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const predict = `body=$(cat)
printf 'Content-Type: application/json\\r\\n\\r\\n'
printf '{"bytes":%s,"input":%s,"model":"%s"}' "$(printf %s "$body" | wc -c)" "\${body:-null}" "$(cat /model/name 2>/dev/null)"
`;

// The first program of a container hears no SIGTERM that it doesn't ask for.
const serve = `httpd -f -p "\${LISTENING_PORT:-8000}" -h /www &
trap "kill $!; exit 0" TERM INT
wait
`;

async function addBusybox(folder: string): Promise<void> {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find(existsSync);
  if (!busybox) throw new Error("Cannot make images: there is no busybox; apt-get install busybox-static");
  cpSync(busybox, join(folder, "bin/busybox"));
  for (
    const name of (await printed(busybox, ["--list"])).split("\n").filter((name) =>
      name && name !== "busybox"
    )
  ) {
    symlinkSync("busybox", join(folder, "bin", name));
  }
  writeFileSync(join(folder, "www/health"), "ok");
  script(join(folder, "www/cgi-bin/predict"), predict);
  script(join(folder, "www/cgi-bin/index.cgi"), predict); // what busybox takes for / when there is no index.html
  script(join(folder, "bin/serve"), serve);
}

/** Copies a folder below another at the same path; much faster than file by file. */
async function copied(from: string, to: string, options: string[]): Promise<void> {
  const archive = join(to, "copied.tar");
  await printed("tar", ["-C", "/", ...options, "-cf", archive, from.slice(1)]);
  await printed("tar", ["-C", to, "-xf", archive]);
  rmSync(archive);
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}`);
  chmodSync(path, 0o755);
}

/** Copies a program to a path, and what it and the modules of a folder are linked with to where they are here. */
async function addProgram(folder: string, program: string, path: string, modules?: string): Promise<void> {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(program, join(folder, path), { dereference: true });
  for (const library of await librariesOf(program, modules)) {
    mkdirSync(dirname(join(folder, library)), { recursive: true });
    cpSync(library, join(folder, library), { dereference: true });
  }
}
