import type { PlanChange } from "./changes.ts";
import type { Plan } from "./plan.ts";

const longest = 60;

/** A plan for people. */
export function planText(plan: Plan): string {
  return [headline(plan), ...plan.changes.map(changeLine), ...uploadLines(plan), ...warningLines(plan)].join(
    "\n",
  );
}

function headline({ name, action, changes, uploads }: Plan): string {
  if (action === "create") return `Service "${name}" is created:`;
  const later = uploads.some(({ present }) => !present)
    ? "only its files are uploaded again"
    : "there is nothing to do";
  if (action === "none") return `Service "${name}" is as it should be; ${later}`;
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  const instances = changes.some(({ restarts }) => restarts)
    ? "its instances are replaced"
    : "its instances go on";
  return `Service "${name}" is updated (${count}; ${instances}):`;
}

function changeLine({ path, from, to, restarts }: PlanChange): string {
  const note = restarts ? " (restarts)" : "";
  if (from === undefined) return `  + ${path}: ${short(to)}${note}`;
  if (to === undefined) return `  - ${path}: ${short(from)}${note}`;
  const what = from === to ? "another secret" : `${short(from)} → ${short(to)}`;
  return `  ~ ${path}: ${what}${note}`;
}

function short(value: PlanChange["from"]): string {
  const text = JSON.stringify(value) ?? "";
  const characters = [...text];
  return characters.length > longest ? `${characters.slice(0, longest - 2).join("")}…"` : text;
}

function uploadLines({ uploads }: Plan): string[] {
  return uploads.map(({ label, files, bytes, address, present }) => {
    const what = `"${label}" (${files === 1 ? "1 file" : `${files} files`}, ${size(bytes)})`;
    return present ? `  = ${what} is there already: ${address}` : `  ^ ${what} is uploaded to ${address}`;
  });
}

function size(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let power = 0;
  let value = bytes;
  for (; value >= 1000 && power < units.length - 1; power++) value /= 1000;
  return `${power === 0 ? value : value.toFixed(1)} ${bytes === 1 ? "byte" : units[power]}`;
}

function warningLines({ warnings }: Plan): string[] {
  return warnings.map(({ path, message, rule }) =>
    `  ! ${path ? `${path}: ` : ""}${message}${rule ? ` (${rule})` : ""}`
  );
}
