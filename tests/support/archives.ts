import { createTarPacker, type TarHeader } from "modern-tar";

/** A member to write as it is. */
export interface Member extends Omit<TarHeader, "size"> {
  content?: string;
  /** The type's byte, also of types that have no name. */
  flag?: string;
  /** The size that the header states, also when the content has another one. */
  size?: number;
}

/** Writes an archive with no check of any name, as an attacker would. */
export async function archiveOf(...members: Member[]): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const writing = (async () => {
    for (const { content = "", flag: _, size: __, ...header } of members) {
      const bytes = new TextEncoder().encode(content);
      const size = bytes.length;
      const writer = controller.add({ mtime: new Date(0), ...header, size }).getWriter();
      if (size) await writer.write(bytes);
      await writer.close();
    }
    controller.finalize();
  })();
  const archive = new Uint8Array(await new Response(readable).arrayBuffer());
  await writing;
  for (const { name, flag, size } of members) {
    if (flag) change(archive, name, (header) => header[156] = flag.charCodeAt(0));
    if (size !== undefined) change(archive, name, (header) => header.set(octal(size, 11), 124));
  }
  return archive;
}

/** Changes the header of the member that has a name, and the header's sum with it. */
function change(archive: Uint8Array, name: string, how: (header: Uint8Array) => void): void {
  for (let at = 0; at < archive.length; at += 512) {
    const header = archive.subarray(at, at + 512);
    if (new TextDecoder().decode(header.subarray(0, name.length + 1)) !== `${name}\0`) continue;
    how(header);
    header.fill(32, 148, 156);
    return header.set(octal(header.reduce((sum, byte) => sum + byte, 0), 6), 148);
  }
  throw new Error(`Cannot change "${name}": no such member`);
}

function octal(value: number, digits: number): Uint8Array {
  return new TextEncoder().encode(`${value.toString(8).padStart(digits, "0")}\0`);
}

/** Archives that a careful extraction refuses, and with which code. */
export const maliciousArchives: Record<string, { members: Member[]; code: string; message: RegExp }> = {
  "a name that climbs out": {
    members: [{ name: "../evil", content: "x" }],
    code: "UnsafeArchive",
    message: /the member "\.\.\/evil" has a "\.\." segment/,
  },
  "a name that climbs out later": {
    members: [{ name: "good", content: "x" }, { name: "a/b/../../../evil", content: "x" }],
    code: "UnsafeArchive",
    message: /"\.\." segment/,
  },
  "a long name that climbs out": {
    members: [{ name: `${"a/".repeat(100)}${"../".repeat(101)}evil`, content: "x" }],
    code: "UnsafeArchive",
    message: /"\.\." segment/,
  },
  "an absolute name": {
    members: [{ name: "/evil", content: "x" }],
    code: "UnsafeArchive",
    message: /is absolute/,
  },
  "an absolute folder": {
    members: [{ name: "/", type: "directory" }],
    code: "UnsafeArchive",
    message: /is absolute/,
  },
  "an absolute name of a share": {
    members: [{ name: "//server/share/evil", content: "x" }],
    code: "UnsafeArchive",
    message: /is absolute/,
  },
  "a name with a drive": {
    members: [{ name: "C:evil", content: "x" }],
    code: "UnsafeArchive",
    message: /drive/,
  },
  "a name with backslashes": {
    members: [{ name: "..\\evil", content: "x" }],
    code: "UnsafeArchive",
    message: /backslash/,
  },
  "a name with NUL": {
    members: [{ name: "x", pax: { path: "evil\0.txt" }, content: "x" }],
    code: "UnsafeArchive",
    message: /NUL/,
  },
  "a file without a name": {
    members: [{ name: ".", content: "x" }],
    code: "UnsafeArchive",
    message: /is empty/,
  },
  "a name in another encoding": {
    members: [{ name: "x", pax: { path: "caf\ufffd" }, content: "x" }],
    code: "UnsafeArchive",
    message: /is not UTF-8/,
  },
  "a link to an absolute path": {
    members: [{ name: "link", type: "symlink", linkname: "/etc/passwd" }],
    code: "UnsafeArchive",
    message: /is absolute/,
  },
  "a link that climbs out": {
    members: [{ name: "a/link", type: "symlink", linkname: "../../evil" }],
    code: "UnsafeArchive",
    message: /leads out of the folder/,
  },
  "a link to a drive": {
    members: [{ name: "link", type: "symlink", linkname: "c:evil" }],
    code: "UnsafeArchive",
    message: /drive/,
  },
  "a link that climbs out through another": {
    members: [
      { name: "a/b/up", type: "symlink", linkname: "../.." },
      { name: "link", type: "symlink", linkname: "a/b/up/../evil" },
    ],
    code: "UnsafeArchive",
    message: /"\.\." segment/,
  },
  "a file through a link": {
    members: [
      { name: "folder/", type: "directory" },
      { name: "link", type: "symlink", linkname: "folder" },
      { name: "link/evil", content: "x" },
    ],
    code: "UnsafeArchive",
    message: /goes through the link "link"/,
  },
  "a folder where a link is": {
    members: [{ name: "link", type: "symlink", linkname: "." }, { name: "link/", type: "directory" }],
    code: "UnsafeArchive",
    message: /is a directory where a link came before/,
  },
  "a hard link to a file outside": {
    members: [{ name: "copy", type: "link", linkname: "/etc/passwd" }],
    code: "UnsafeArchive",
    message: /no file that came before/,
  },
  "a hard link that climbs out": {
    members: [{ name: "copy", type: "link", linkname: "../evil" }],
    code: "UnsafeArchive",
    message: /no file that came before/,
  },
  "a hard link through a link": {
    members: [
      { name: "a/file", content: "x" },
      { name: "link", type: "symlink", linkname: "a" },
      { name: "copy", type: "link", linkname: "link/file" },
    ],
    code: "UnsafeArchive",
    message: /no file that came before/,
  },
  "a hard link to a folder": {
    members: [{ name: "a/", type: "directory" }, { name: "copy", type: "link", linkname: "a" }],
    code: "UnsafeArchive",
    message: /no file that came before/,
  },
  "a hard link to a link that would lead out from there": {
    members: [
      { name: "a/b/link", type: "symlink", linkname: "../.." },
      { name: "copy", type: "link", linkname: "a/b/link" },
    ],
    code: "UnsafeArchive",
    message: /leads out of the folder/,
  },
  "a device": {
    members: [{ name: "null", type: "character-device" }],
    code: "UnsafeArchive",
    message: /is a character-device/,
  },
  "a disk": {
    members: [{ name: "sda", type: "block-device" }],
    code: "UnsafeArchive",
    message: /is a block-device/,
  },
  "a pipe": {
    members: [{ name: "pipe", type: "fifo" }],
    code: "UnsafeArchive",
    message: /is a fifo/,
  },
  "a file below a file": {
    members: [{ name: "a", content: "x" }, { name: "a/b", content: "x" }],
    code: "UnsafeArchive",
    message: /is below "a", which is a file/,
  },
  "a file where a folder is": {
    members: [{ name: "a/b", content: "x" }, { name: "a", content: "x" }],
    code: "UnsafeArchive",
    message: /is a file where a directory came before/,
  },
  "a path that is a bomb of folders": {
    members: [{ name: "x", pax: { path: "a/".repeat(3000) + "b" } }],
    code: "UnsafeArchive",
    message: /more than 4096 characters/,
  },
  "a sparse file of GNU": {
    members: [{ name: "sparse", flag: "S", content: "x" }],
    code: "UnsupportedArchive",
    message: /type "S"/,
  },
  "a sparse file of PAX": {
    members: [{ name: "sparse", pax: { "GNU.sparse.major": "1" }, content: "x" }],
    code: "UnsupportedArchive",
    message: /is a sparse file/,
  },
  "a part of a volume": {
    members: [{ name: "before", content: "y" }, { name: "rest", flag: "M", content: "x" }],
    code: "UnsupportedArchive",
    message: /type "M"/,
  },
};
