/**
 * Parses a file of vectors.
 *
 * @throws {Error} When it holds none: a test that has nothing to check must not pass.
 */
export function parseVectors(name: string, text: string): unknown {
  const file: unknown = text.trim() ? JSON.parse(text) : undefined;
  const fields = typeof file === "object" && file !== null ? Object.entries(file) : [];
  if (fields.length === 0) throw new Error(`Cannot read vectors "${name}": the file is empty`);
  for (const [key, list] of fields) {
    if ((key === "vectors" || key === "cases") && Array.isArray(list) && list.length === 0) {
      throw new Error(`Cannot read vectors "${name}": its list "${key}" is empty`);
    }
  }
  return file;
}
