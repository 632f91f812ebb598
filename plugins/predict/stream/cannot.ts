/** Beginning of an error's message, such as `Cannot stream from "iris"`. */
export function cannot(action: string, { endpoint }: { readonly endpoint: string }): string {
  return `Cannot ${action} "${endpoint.replace(/^.*\/predict\/|^https?:\/\/|[?].*/g, "")}"`;
}
