export {
  type Autoscaler,
  type AutoscalerDescription,
  deleteAutoscaler,
  describeAutoscaler,
  type ScaleStrategy,
  setAutoscaler,
} from "./autoscaler.ts";
export { restart, scale, update, type UpdateOptions } from "./change.ts";
export {
  type CronJob,
  type CronScaler,
  type CronScalerDescription,
  deleteCronScaler,
  describeCronScaler,
  setCronScaler,
} from "./cron-scaler.ts";
export { diagnose, type DiagnoseOptions, type Diagnosis } from "./diagnosis.ts";
export { listEvents, type ListEventsOptions, type ServiceEvent } from "./events.ts";
export { describeGroup, listGroups, type ListGroupsOptions, type ServiceGroup } from "./groups.ts";
export {
  listInstances,
  type ListInstancesOptions,
  restartInstances,
  type RestartInstancesOptions,
  type ServiceInstance,
} from "./instances.ts";
export { deleteLabels, setLabels } from "./labels.ts";
export { listServices, type ListServicesOptions } from "./list.ts";
export { type SafetyLock, setSafetyLock } from "./lock.ts";
export { logs } from "./logs.ts";
export type { EasRef, RequestOptions } from "./ref.ts";
export { release, type ReleaseOptions } from "./release.ts";
export {
  listVersions,
  type ListVersionsOptions,
  rollback,
  type ServiceVersion,
  switchVersion,
} from "./versions.ts";
