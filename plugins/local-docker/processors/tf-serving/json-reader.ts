/**
 * Reads the JSON of TensorFlow Serving, which has `NaN` and `Infinity` among its numbers and 64-bit integers that
 * `JSON.parse` would round. What is read is handed out as it comes; nothing is built that nobody asks for.
 */
export class JsonReader {
  readonly #text: string;
  #at = 0;

  /** Starts at the first character. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The first character of the next value; empty at the end. */
  next(): string {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at++; // at the end it is NaN
    return this.#text[this.#at] ?? "";
  }

  /** Reads an object; each value must be read by `member`. */
  object(member: (name: string) => void): void {
    this.#each("{", "}", () => {
      const name = this.string();
      this.#expect(":");
      member(name);
    });
  }

  /** Reads a list; each item must be read by `item`. Tells how many there were. */
  list(item: () => void): number {
    return this.#each("[", "]", item);
  }

  /** Reads a string. */
  string(): string {
    this.#expect('"');
    const start = this.#at;
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw new SyntaxError("a string has no end");
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    return JSON.parse(this.#text.slice(start - 1, ++this.#at)); // which is a string and nothing else
  }

  /** Reads a number, `true`, `false`, `null` or one of the words beside them, as its characters. */
  word(): string {
    this.next();
    const start = this.#at;
    while (isOfWord(this.#text.charCodeAt(this.#at))) this.#at++;
    if (start === this.#at) throw new SyntaxError(`a value is missing at ${start}`);
    return this.#text.slice(start, this.#at);
  }

  /** Reads a value and forgets it. */
  skip(): void {
    const first = this.next();
    if (first === "{") this.object(() => this.skip());
    else if (first === "[") this.list(() => this.skip());
    else if (first === '"') this.string();
    else this.word();
  }

  #each(open: string, close: string, read: () => void): number {
    this.#expect(open);
    let count = 0;
    if (this.next() !== close) {
      do {
        read();
        count++;
      } while (this.#take(","));
    }
    this.#expect(close);
    return count;
  }

  #take(character: string): boolean {
    if (this.next() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new SyntaxError(`"${character}" is missing at ${this.#at}`);
  }
}

/** Whether a character can be in a word: not one of `,:]}`, a space, or the end. A pattern would take five times as long. */
function isOfWord(code: number): boolean {
  return code > 32 && code !== 44 && code !== 58 && code !== 93 && code !== 125;
}
