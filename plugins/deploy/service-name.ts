// 32 characters, so that the low bits of a random byte choose evenly; without look-alikes, for people to read out.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
const suffixLength = 8;
const longest = 63; // https://help.aliyun.com/document_detail/450525.html

/** Makes a random name from the last part of a path: `My-Model.v1/` gives `my_model_v1_` and 8 characters. */
export function generateServiceName(path = ""): string {
  const last = path.split(/[/\\]/).findLast((part) => part !== "") ?? "";
  const stem = last.toLowerCase().replace(/[^a-z0-9_]/g, "_").replace(/^[^a-z]+/, "")
    .slice(0, longest - suffixLength - 1).replace(/_+$/, "");
  const random = crypto.getRandomValues(new Uint8Array(suffixLength));
  return `${stem || "service"}_${Array.from(random, (byte) => alphabet[byte % alphabet.length]).join("")}`;
}
