/** Reads the regular files of a tar archive of short, plain names, such as `deno publish` makes. */
export function untar(archive: Uint8Array<ArrayBuffer>): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const block = 512;
  for (let at = 0; at + block <= archive.length;) {
    const field = (start: number, length: number): string =>
      new TextDecoder().decode(archive.subarray(at + start, at + start + length)).replace(/\0.*$/s, "");
    const name = field(0, 100);
    if (!name) break; // two empty blocks end an archive
    const size = parseInt(field(124, 12), 8);
    const type = field(156, 1);
    const prefix = field(257, 5) === "ustar" && field(263, 2) === "00" ? field(345, 155) : "";
    if (type !== "" && type !== "0") throw new TypeError(`Cannot read "${name}": an entry of type ${type}`);
    const start = at + block;
    files.set(
      (prefix ? `${prefix}/${name}` : name).replace(/^\.?\//, ""),
      archive.slice(start, start + size),
    );
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}
