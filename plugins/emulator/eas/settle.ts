import type { Clock } from "../../../core/clock.ts";
import type { InstanceRecord, ServiceRecord } from "./record.ts";

/** Lets an instance get ready, or fail, when its container does. */
export function settleLater(
  service: ServiceRecord,
  instance: InstanceRecord,
  { clock }: { clock: Clock },
): void {
  const { container } = instance;
  const settled = container?.settled;
  void settled?.then((result) => {
    if (container?.settled !== settled) return; // it was started again in the meantime
    instance.runner = result;
    instance.due = clock.now();
    service.queues?.tend();
  });
}
