/**
 * Deploys machine-learning models to Alibaba Cloud PAI-EAS and calls them, with nothing but `fetch`.
 *
 * This entry is the core: the client of the control plane, and what plugins are made of. A program that only
 * calls a service imports `@pai-edge/sdk/predictor` instead, which is smaller.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 *
 * // With an account: createClient({ region: "cn-hangzhou" }), credentials from the environment.
 * const client = createClient({ ...emulator() });
 * const { Services } = await client.call<{ Services: unknown[] }>("ListServices", { path: "/api/v2/services" });
 * console.log(Services.length); // 0
 * ```
 *
 * @module
 */
export { bytes, text } from "./core/bytes.ts";
export { type CallOptions, type Client, type ClientOptions, createClient } from "./core/client.ts";
export { type Clock, systemClock } from "./core/clock.ts";
export {
  type BearerToken,
  chain,
  type Credentials,
  type CredentialsOptions,
  type CredentialsProvider,
  fromEnv,
  memoize,
  staticCredentials,
} from "./core/credentials.ts";
export { type EasDescription, type PredictorForOptions } from "./core/eas-service.ts";
export type { Network } from "./core/endpoints.ts";
export {
  ApiError,
  CredentialsError,
  PaiError,
  type PaiErrorInit,
  PredictionError,
  ServiceError,
  StorageError,
  TimeoutError,
} from "./core/errors.ts";
export { type Fetch, globalFetch } from "./core/fetch.ts";
export { filesUnder, type FilesUnderOptions } from "./core/files-under.ts";
export { type ByteRange, type FileEntry, type FileSource, isFileSource } from "./core/files.ts";
export { json, type JsonOptions } from "./core/json.ts";
export { type OssLocation, type OssUri, ossUri, parseOssUri } from "./core/oss-uri.ts";
export {
  type AuthorizedRequest,
  type Authorizer,
  bearerAuth,
  noAuth,
  type PredictOptions,
  Predictor,
  type PredictorOptions,
  type Query,
  type QueryValue,
  type RawPredictOptions,
  tokenAuth,
} from "./core/predictor.ts";
export {
  apiRetry,
  predictRetry,
  type RetryBudget,
  retryBudget,
  type RetryOptions,
  type RetryPolicy,
  type RetryRule,
  withRetry,
} from "./core/retry.ts";
export { flatten, form } from "./core/rpc.ts";
export type { Allocate, Serializer } from "./core/serializer.ts";
export type * from "./core/service-config.ts";
export type {
  ProgressEvent,
  Service,
  ServiceDescription,
  ServiceStatus,
  StateChangeOptions,
  WaitOptions,
} from "./core/service.ts";
export type {
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  Storage,
  StorageBody,
  StorageCallOptions,
} from "./core/storage.ts";
export type { Deployment, DeployOptions, Mount, Target } from "./core/target.ts";
export {
  type ArrowColumn,
  type DType,
  type DTypeInfo,
  type DTypeOf,
  dtypes,
  type Element,
  equals,
  type Float16Elements,
  fromStrides,
  type Nested,
  type NestedList,
  type OnnxTensor,
  type ShapedData,
  slice,
  type Strided,
  Tensor,
  tensor,
  type TensorDataOf,
  type TensorInput,
  type TensorLike,
  type TfjsTensor,
  toText,
  type TypedArrayConstructor,
} from "./core/tensors.ts";
export { withTimeout } from "./core/timeout.ts";
export { VERSION } from "./core/version.ts";
