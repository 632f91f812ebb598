// The service refuses other names: https://help.aliyun.com/document_detail/450525.html.
const pattern = /^[a-z][a-z0-9_]{2,62}$/;

// 32 characters, so that the low bits of a random byte choose evenly; without look-alikes, for people to read out.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
const suffixLength = 8;
const longest = 63;

/**
 * Checks the name of a service.
 *
 * @throws {TypeError} when it is no text.
 * @throws {RangeError} when the service would refuse it.
 */
export function checkServiceName(name: unknown): asserts name is string {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot deploy: the service name must be a text, not ${name === null ? "null" : typeof name}`,
    );
  }
  if (!pattern.test(name)) {
    throw new RangeError(
      `Cannot deploy service "${name}": a service name has 3 to 63 characters of a-z, 0-9 and _, and starts with a letter`,
    );
  }
}

/** Makes a random name from the last part of a path: `My-Model.v1/` gives `my_model_v1_` and 8 characters. */
export function generateServiceName(path = ""): string {
  const last = path.split(/[/\\]/).findLast((part) => part !== "") ?? "";
  const stem = last.toLowerCase().replace(/[^a-z0-9_]/g, "_").replace(/^[^a-z]+/, "")
    .slice(0, longest - suffixLength - 1).replace(/_+$/, "");
  const random = crypto.getRandomValues(new Uint8Array(suffixLength));
  return `${stem || "service"}_${Array.from(random, (byte) => alphabet[byte % alphabet.length]).join("")}`;
}
