/**
 * The words of a command as a shell would take them apart, with quotes and backslashes; `undefined` when it asks
 * for more than words, such as variables or pipes, so that only a shell can run it.
 */
export function commandWords(command: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < command.length; at++) {
    const char = command[at]!;
    if (/[ \t\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      if (char === "\n" && command.slice(at).trim() !== "") return undefined; // a command more
      continue;
    }
    if (word === undefined && (char === "#" || char === "~")) return undefined;
    word ??= "";
    if (char === "'") {
      const end = command.indexOf("'", at + 1);
      if (end < 0) return undefined;
      word += command.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const quote = doubleQuoted(command, at + 1);
      if (!quote) return undefined;
      word += quote.text;
      at = quote.end;
    } else if (char === "\\") {
      const next = command[++at];
      if (next === undefined || next === "\n") return undefined;
      word += next;
    } else if (/[$`|&;<>()*?[\]{}!]/.test(char)) return undefined;
    else word += char;
  }
  if (word !== undefined) words.push(word);
  return words.length > 0 && !isOfShell(words[0]!) ? words : undefined;
}

/** A text between double quotes, and where it ends; `undefined` when a shell has something to do in it. */
function doubleQuoted(command: string, start: number): { text: string; end: number } | undefined {
  let text = "";
  for (let at = start; at < command.length; at++) {
    const char = command[at]!;
    if (char === '"') return { text, end: at };
    if (char === "$" || char === "`") return undefined;
    const next = command[at + 1];
    if (char === "\\" && next !== undefined && /["\\$`]/.test(next)) at++;
    text += command[at];
  }
  return undefined;
}

/** Whether a first word means something to a shell only: an assignment, or a command that is no program. */
function isOfShell(word: string): boolean {
  return word === "" || /^\w+=/.test(word) ||
    /^(?:cd|export|set|source|\.|exec|eval|if|for|while|until|case|ulimit|umask)$/.test(word);
}

/** A word for a shell's command line, quoted where it needs to be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
