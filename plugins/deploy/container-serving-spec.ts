import type { ContainerServingOptions } from "./container-config.ts";
import { InferenceSpec } from "./inference-spec.ts";

/**
 * Describes a service whose requests a container answers: an image, a command that starts the server in it, and the
 * code that the command needs. Nothing is read or sent; the code is uploaded when the model is deployed.
 *
 * The server listens on `0.0.0.0` at the port, which it also finds in `LISTENING_PORT`; the model is in
 * `/eas/workspace/model/`: https://help.aliyun.com/document_detail/258246.html.
 *
 * @throws {TypeError} when an option is unknown, of the wrong type, or contradicts another.
 * @throws {RangeError} when the port can't be.
 */
export function containerServingSpec(options: ContainerServingOptions): InferenceSpec {
  return InferenceSpec.fromServingScript(options);
}
