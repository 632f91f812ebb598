import { oneLine, textWidth } from "./text-width.ts";

/** A table for people: a head, and columns of their widest cell's width. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(oneLine));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => textWidth(cells[column] ?? ""))));
  return lines.map((cells) =>
    `${cells.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd()}\n`
  ).join("");
}

/** The same for programs: cells between tabs, and no head. */
export function tabbed(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(oneLine).join("\t")}\n`).join("");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - textWidth(text));
}
