/** An element of a document that a client sent. */
export interface XmlNode {
  /** Its name. */
  readonly name: string;
  /** The text right inside it. */
  readonly text: string;
  /** The elements right inside it. */
  readonly children: readonly XmlNode[];
}

/** Comments and declarations; character data; tags; text. */
const token = /<(?:\?[^]*?\?|!--[^]*?--)>|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([^\s<>/!?]+)[^<>]*?(\/?)>|([^<]+)/gy;

/**
 * Reads a small document: elements and text; attributes are passed over. Line ends are read as any XML reader
 * reads them, so a carriage return only arrives as a reference. `undefined` when it is not well-formed.
 */
export function readXml(bytes: Uint8Array): XmlNode | undefined {
  let source: string;
  try {
    source = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    return undefined;
  }
  const top = { name: "", text: "", children: [] as XmlNode[] };
  const open = [top];
  let end = 0;
  for (const match of source.matchAll(token)) {
    end = match.index + match[0].length;
    const [, data, isEnd, name, isEmpty, text] = match;
    const parent = open.at(-1)!; // the top is never closed
    if (data !== undefined) parent.text += data;
    else if (text !== undefined) {
      const decoded = decodeReferences(text);
      if (decoded === undefined) return undefined;
      parent.text += decoded;
    } else if (isEnd) {
      if (open.length === 1 || open.pop()?.name !== name) return undefined;
    } else if (name !== undefined) {
      const node = { name, text: "", children: [] };
      parent.children.push(node);
      if (!isEmpty) open.push(node);
    }
  }
  return end === source.length && open.length === 1 && top.children.length === 1 && top.text.trim() === ""
    ? top.children[0]
    : undefined;
}

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Text without its references; `undefined` when one is unknown. */
function decodeReferences(text: string): string | undefined {
  if (!text.includes("&")) return text;
  let fine = true;
  const decoded = text.replace(
    /&(?:#(?:x([0-9a-f]{1,6})|(\d{1,7}))|(\w+))?(;?)/gi,
    (_, hex, decimal, name, mark) => {
      const code = name === undefined
        ? Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16)
        : undefined;
      const character = code === undefined
        ? Object.hasOwn(named, name) ? named[name] : undefined
        : code <= 0x10ffff
        ? String.fromCodePoint(code)
        : undefined;
      fine &&= mark === ";" && character !== undefined;
      return character ?? "";
    },
  );
  return fine ? decoded : undefined;
}

/** The elements of a name right inside another. */
export function childrenOf({ children }: XmlNode, name: string): XmlNode[] {
  return children.filter((child) => child.name === name);
}

/** Text of the first element of a name right inside another. */
export function textOf(node: XmlNode, name: string): string | undefined {
  return childrenOf(node, name)[0]?.text;
}
