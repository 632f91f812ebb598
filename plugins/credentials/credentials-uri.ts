import type { Credentials } from "../../core/credentials.ts";
import { bounded } from "../../core/timeout.ts";
import { unusable } from "./key-pair.ts";
import { parseJson } from "./parse-json.ts";
import type { System } from "./system.ts";
import { temporaryCredentials } from "./temporary.ts";

const patience = 10_000;

/**
 * Credentials that a service on this machine or in this cluster hands out, as PAI's DSW has one. Its address may hold a
 * secret, so messages don't show it.
 *
 * @throws {CredentialsError} when it does not answer, or not with credentials.
 */
export async function uriCredentials({ fetch }: System, uri: string): Promise<Credentials> {
  const what = "the credentials service of ALIBABA_CLOUD_CREDENTIALS_URI or of the profile";
  if (!/^https?:\/\//.test(uri) || !URL.canParse(uri)) throw unusable(`the address of ${what} is none`);
  let status = 0;
  const text = await bounded(what, patience, undefined, async (signal) => {
    const response = await fetch(uri, { signal });
    status = response.status;
    return await response.text();
  }).catch(() => undefined); // whose message would show the address
  if (text === undefined) throw unusable(`${what} does not answer`);
  if (status !== 200) throw unusable(`${what} answers with the status ${status}`);
  return temporaryCredentials(what, parseJson(text));
}
