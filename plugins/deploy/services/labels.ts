import { callService, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";

/**
 * Adds tags to a service; those of the same key are replaced, others stay.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-updateservicelabel.
 *
 * @throws {TypeError} when there is no tag, or one is no text.
 * @throws {ApiError} when the API refuses.
 */
export async function setLabels(
  service: EasRef,
  labels: Readonly<Record<string, string>>,
  options: RequestOptions = {},
): Promise<void> {
  const entries = Object.entries(labels ?? {});
  if (entries.length === 0 || entries.some(([, value]) => typeof value !== "string")) {
    throw new TypeError(
      `Cannot set labels of service "${service?.name}": give at least one, with text as its value`,
    );
  }
  await callService(service, "UpdateServiceLabel", ["label"], {
    ...requestOptions(options),
    method: "PUT",
    body: { Labels: labels },
  });
}

/**
 * Takes tags off a service.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-deleteservicelabel.
 *
 * @throws {TypeError} when there is no key, or one has a comma, which the API separates them by.
 * @throws {ApiError} when the API refuses.
 */
export async function deleteLabels(
  service: EasRef,
  keys: string | readonly string[],
  options: RequestOptions = {},
): Promise<void> {
  const list = [keys].flat();
  if (list.length === 0 || list.some((key) => typeof key !== "string" || !/^[^,]+$/.test(key))) {
    throw new TypeError(
      `Cannot delete labels of service "${service?.name}": give their keys, none with a comma`,
    );
  }
  await callService(service, "DeleteServiceLabel", ["label"], {
    ...requestOptions(options),
    method: "DELETE",
    query: { Keys: list.join(",") },
  });
}
