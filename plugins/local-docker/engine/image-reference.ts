/** The parts of an image's name. */
export interface ImageReference {
  /** Host of its registry, perhaps with a port; `docker.io` when the name has none. */
  registry: string;
  /** Path in the registry: `library/python`. */
  repository: string;
  /** Registry and repository as engines take them: `python`, `registry.cn-hangzhou.aliyuncs.com/pai/x`. */
  name: string;
  /** Tag; `latest` when the name has neither tag nor digest. */
  tag: string | undefined;
  /** Digest: `sha256:…`. */
  digest: string | undefined;
}

const component = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/i;

/**
 * Reads the name of an image. What stands before the first slash is a registry when it has a dot or a port or is
 * `localhost`; else the image is in `docker.io`.
 *
 * Source: https://pkg.go.dev/github.com/distribution/reference
 *
 * @throws {TypeError} for what is no name of an image.
 */
export function parseReference(reference: string): ImageReference {
  const wrong = (why: string): TypeError =>
    new TypeError(`Cannot use "${reference}" as the name of an image: ${why}; write registry/repository:tag`);
  const [rest = "", digest, ...more] = reference.split("@");
  if (more.length || (digest !== undefined && !digestPattern.test(digest))) throw wrong("the digest is none");
  const [, beforeTag = "", tag] = /^(.*?)(?::([^/:]*))?$/.exec(rest) ?? [];
  if (tag !== undefined && !tagPattern.test(tag)) throw wrong("the tag is none");
  const slash = beforeTag.indexOf("/");
  const first = beforeTag.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const path = isRegistry ? beforeTag.slice(slash + 1) : beforeTag;
  if (isRegistry && !/^\w(?:[\w.-]*\w)?(?::\d+)?$|^\[[\da-f:]+\](?::\d+)?$/i.test(first)) {
    throw wrong("the registry is none");
  }
  if (!repositoryPattern.test(path)) {
    throw wrong(
      path === ""
        ? "it is empty"
        : path !== path.toLowerCase()
        ? "it has capitals"
        : "it has other characters",
    );
  }
  const registry = isRegistry && !/^(index\.|registry-1\.)?docker\.io$/.test(first) ? first : "docker.io";
  return {
    registry,
    repository: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path,
    name: registry === "docker.io" ? path.replace(/^library\/(?=[^/]+$)/, "") : `${registry}/${path}`,
    tag: tag ?? (digest ? undefined : "latest"),
    digest,
  };
}
