import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFiles, root } from "./tree.ts";

/** Copies the project into a folder, where packages can be installed without getting in anybody's way. */
export function copyProject(folder: string): void {
  for (const file of projectFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(fileURLToPath(root), file), join(folder, file));
  }
}
