import { DockerError } from "../engine/docker-error.ts";
import type { ContainerPlan, PlannedMount } from "../plan/container-plan.ts";

/** What engines say when a folder is not there for them, as those in a virtual machine that shares only some. */
const noFolder =
  /bind source path does not exist|mounts denied|invalid mount config for type "bind"|statfs .*no such file/i;

/** What engines say of a volume that they can't mount, when its container is first used. */
const noVolume = /failed to mount|mounting volume/i;

/** The error of an engine that can't mount something, with what is to be mounted and what to do about it. */
export function mountFailure(
  { serviceName, mounts }: ContainerPlan,
  error: unknown,
): DockerError | undefined {
  if (!(error instanceof DockerError)) return undefined;
  const { message } = error;
  const why = /([^:\n]*?)\.?$/m.exec(message)?.[1]?.trim(); // the end of its first line
  const fail = (mount: PlannedMount, from: string, mend: string): DockerError =>
    new DockerError(
      `Cannot deploy service "${serviceName}" locally: "${mount.path}" can't be mounted from ${from} (${why}); ${mend}`,
      { ...error, cause: error },
    );
  const bind = mounts.find((mount) => mount.kind === "bind" && message.includes(mount.folder));
  if (bind?.kind === "bind" && noFolder.test(message)) {
    const mend = 'share that folder with the engine\'s machine, or use localDocker({ folders: "copy" })';
    return fail(bind, bind.folder, mend);
  }
  const nfs = mounts.find(({ kind }) => kind === "nfs");
  if (nfs?.kind === "nfs" && noVolume.test(message)) {
    const mend =
      "see that the engine's machine has NFS and reaches the server: NAS is only reached inside its VPC";
    return fail(nfs, `${nfs.server}:${nfs.folder}`, mend);
  }
  return undefined;
}
