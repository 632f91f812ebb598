import { type Accelerator, ImageScope } from "./image-info.ts";

/** The label that images of a scope have: https://help.aliyun.com/zh/pai/developer-reference/api-aiworkspace-2021-02-04-listimages */
const scopeLabels: Record<ImageScope, string> = {
  training: "system.supported.dlc=true",
  inference: "system.supported.eas=true",
  develop: "system.supported.dsw=true",
};

/** Labels that an image must have, as ListImages takes them. */
export function labelsOf(scope: ImageScope, accelerator: Accelerator | undefined): string {
  const labels = ["system.official=true", scopeLabels[scope]];
  if (accelerator) labels.push(`system.chipType=${accelerator.toUpperCase()}`);
  return labels.join(",");
}

/**
 * Checks what an image is asked to be, in any case of letters.
 *
 * @throws {TypeError} when there is no such scope or accelerator.
 */
export function checkWanted(
  what: string,
  { scope = ImageScope.TRAINING, accelerator }: { scope?: string; accelerator?: string },
): { scope: ImageScope; accelerator: Accelerator | undefined } {
  const [place, chip] = [String(scope).toLowerCase(), accelerator && String(accelerator).toLowerCase()];
  if (!Object.hasOwn(scopeLabels, place)) {
    throw new TypeError(
      `Cannot ${what}: there is no scope "${scope}"; give ${Object.keys(scopeLabels).join(", ")}`,
    );
  }
  if (chip && chip !== "cpu" && chip !== "gpu") {
    throw new TypeError(`Cannot ${what}: there is no accelerator "${accelerator}"; give cpu or gpu`);
  }
  return { scope: place as ImageScope, accelerator: chip as Accelerator | undefined }; // both just checked
}
