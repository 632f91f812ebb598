/** Answers as the gateway does: in text. */
export function plainText(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const contentType = "text/plain; charset=utf-8"; // runtimes differ in what they would write
  const body = [101, 204, 205, 304].includes(status) ? null : message; // these have none
  return new Response(body, { status, headers: { "content-type": contentType, ...headers } });
}
