/** An element of one of OSS's answers: its name, and either text or more elements inside. */
export interface XmlElement {
  /** Name as written. */
  readonly name: string;
  /** Text of the element itself, entities and CDATA decoded, nothing trimmed. */
  readonly text: string;
  /** Elements inside, in order. */
  readonly children: readonly XmlElement[];
}

// One token: CDATA, a declaration or comment, a tag (attributes are of no interest here), or text. Sticky, and
// without two ways to read a character, so that a hostile answer takes no more than one pass.
const token = /<!\[CDATA\[(.*?)\]\]>|<[?!][^<>]*>|<(\/?)([^\s<>\/]+)(?=[\s>\/])([^<>]*)>|([^<]+)/gsy;

/**
 * Reads the XML that OSS answers with: elements and text, without namespaces and document types. A general
 * parser costs several times the size, and the common ones take `00123` for a number.
 *
 * @returns The root element, or `undefined` when the text is not such a document. Never throws.
 */
export function parseXml(xml: string): XmlElement | undefined {
  const document: Open = { name: "", text: "", children: [] };
  const open = [document];
  let end = 0;
  for (const match of xml.matchAll(token)) {
    const [whole, cdata, closing, name, attributes, text] = match;
    end = match.index + whole.length;
    const current = open.at(-1)!; // the document itself is never closed
    if (text !== undefined) current.text += decodeEntities(text);
    else if (cdata !== undefined) current.text += cdata;
    else if (closing) {
      if (open.length === 1 || current.name !== name) return undefined;
      open.pop();
    } else if (name !== undefined) {
      const element: Open = { name, text: "", children: [] };
      current.children.push(element);
      if (!attributes?.endsWith("/")) open.push(element);
    }
  }
  const whole = end === xml.length && open.length === 1 && document.children.length === 1;
  return whole && !document.text.trim() ? document.children[0] : undefined; // trim() takes a byte order mark too
}

/** The text of the first child of a name, or `undefined` when there is none. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return element?.children.find((child) => child.name === name)?.text;
}

/** The children of a name, in order. */
export function childrenNamed(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** Whether XML can write a text: it has no way to write most control characters. */
export function isXmlText(text: string): boolean {
  return /^[\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text);
}

/** Writes a text inside an element. A reader of XML would take a carriage return for a line feed. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

// An element that is being read.
interface Open {
  name: string;
  text: string;
  children: Open[];
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name] ?? whole; // names are case-sensitive
    const point = hex ? parseInt(hex, 16) : parseInt(decimal, 10);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
