import type { ConfigProblem } from "../validate/problem.ts";

/**
 * What instances go on through. The vendor says that changed parameters replace them, a few at a time, and names
 * what doesn't: https://www.alibabacloud.com/help/en/pai/user-guide/scrolling-updates-with-graceful-exit.
 */
const live: { path: string; page: string }[] = [
  {
    path: "metadata.instance", // an update of nothing else is the way to scale
    page: "https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-updateservice",
  },
  {
    path: "autoscaler", // a controller beside the service, with an API of its own
    page:
      "https://www.alibabacloud.com/help/en/pai/user-guide/enable-or-disable-the-horizontal-auto-scaling-feature",
  },
  {
    path: "labels",
    page: "https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-updateservicelabel",
  },
];

/** What can only be said when a service is created. */
const onlyAtCreation: { path: string; page: string }[] = [
  {
    path: 'features["eas.aliyun.com/enable-rollout"]',
    page: "https://www.alibabacloud.com/help/en/pai/update-plan",
  },
];

/** Whether a change of what is at this path replaces the instances of a service. */
export function restarts(path: string): boolean {
  return !live.some((row) => isWithin(path, row.path));
}

/** Warns of changes that the service takes no notice of. */
export function unheeded(paths: readonly string[]): ConfigProblem[] {
  return onlyAtCreation.flatMap(({ path, page }) =>
    paths.some((changed) => isWithin(changed, path))
      ? {
        path,
        message: "it only takes effect when a service is created",
        rule: page,
        severity: "warning" as const,
      }
      : []
  );
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);
}
