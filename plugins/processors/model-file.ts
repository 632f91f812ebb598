/** There is nothing where a model should be. */
export class MissingModel extends TypeError {}

/**
 * The only one of a folder's files whose name ends so.
 *
 * @param endings Ends of names, such as `.json`.
 * @throws {MissingModel} when the folder is empty.
 * @throws {TypeError} when it can't be told which file is meant.
 */
export function onlyModel(files: readonly string[], endings: readonly string[]): string {
  const [model, ...more] = files.filter((name) => endings.some((ending) => name.endsWith(ending)));
  if (model !== undefined && more.length === 0) return model;
  const Wrong = files.length === 0 ? MissingModel : TypeError;
  const count = model === undefined ? 0 : more.length + 1;
  throw new Wrong(`the folder holds ${count} ${endings.join(" or ")} objects where one is needed`);
}

/**
 * The text of a file.
 *
 * @throws {TypeError} when it is none.
 */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch { // whose message each runtime words in its own way
    throw new TypeError("the object is not text in UTF-8");
  }
}
