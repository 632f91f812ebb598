import { execFile } from "node:child_process";
import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a program prints. */
export async function printed(program: string, args: string[]): Promise<string> {
  return (await run(program, args, { encoding: "utf8", maxBuffer: 1 << 24 })).stdout;
}

/** The program of Deno: the one that `DENO` names, else the first in `PATH`, else the one that runs this. */
export function denoProgram(): string {
  const { PATH = "", DENO } = process.env;
  if (DENO) return realpathSync(DENO);
  if ("Deno" in globalThis) return realpathSync(process.execPath);
  for (const folder of PATH.split(":").filter(Boolean)) {
    try {
      return realpathSync(join(folder, "deno"));
    } catch {
      // not in this one
    }
  }
  throw new Error("Cannot find deno: set DENO to it");
}

/** The Python of this machine. */
export interface PythonHere {
  /** Path of the program itself, not of something that finds it. */
  program: string;
  /** Folder of its library. */
  library: string;
  /** Folder where it looks for packages. */
  sitePackages: string;
  /** Folders that pip is made of. */
  pip: string[];
}

const ask = `
import glob, json, os, sys, sysconfig
import pip
home = os.path.dirname(os.path.dirname(pip.__file__))
paths = sysconfig.get_paths()
print(json.dumps({
    "program": os.path.realpath(sys.executable), "library": paths["stdlib"], "sitePackages": paths["purelib"],
    "pip": [os.path.join(home, "pip")] + glob.glob(os.path.join(home, "pip-*info")),
}))`;

/** Finds Python and its pip. */
export async function pythonHere(): Promise<PythonHere> {
  return JSON.parse(await printed("python3", ["-c", ask]));
}

/** Paths of the shared libraries that a program, and the modules of a folder, are linked with. */
export async function librariesOf(program: string, modules?: string): Promise<string[]> {
  const files = modules
    ? readdirSync(modules).filter((name) => /\.so/.test(name)).map((name) => join(modules, name))
    : [];
  const linked = await printed("ldd", [program, ...files]);
  const paths = [...linked.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path]) => path!);
  return [...new Set(paths)];
}
