import { untar } from "./tar.ts";

/** A package as a registry keeps it. */
export interface Package {
  /** Name with its scope. */
  name: string;
  /** Version. */
  version: string;
  /** Files by their entry. */
  exports: Record<string, string>;
  /** Contents by path, POSIX and relative. */
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** A registry on a loopback port. */
export interface Registry extends AsyncDisposable {
  /** Its address, for the variable `JSR_URL`. */
  readonly url: string;
  /** Its packages by name; publishing adds to them. */
  readonly packages: Map<string, Package>;
}

/**
 * Serves packages as JSR does and takes what `deno publish` sends. There are no
 * accounts: whoever reaches the port may publish.
 */
export function serveRegistry(packages: Package[]): Registry {
  const known = new Map(packages.map((one) => [one.name, one]));
  const handler = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/api/")
      ? await management(request, pathname, known)
      : await content(pathname, known);
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    packages: known,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The part that `deno publish` talks to: does the package exist, take this version, is it done. */
async function management(request: Request, path: string, packages: Map<string, Package>): Promise<Response> {
  const match = /^\/api\/scopes\/([^/]+)(?:\/packages\/([^/]+)(?:\/versions\/([^/]+))?)?$/.exec(path);
  const [, scope, name, version] = match ?? [];
  if (request.method === "POST" && version) {
    const files = await unpack(request);
    const { exports } = JSON.parse(new TextDecoder().decode(files.get("deno.json")));
    const full = `@${scope}/${name}`;
    packages.set(full, { name: full, version, exports, files });
    return Response.json({ id: "1", status: "success", error: null });
  }
  if (path.startsWith("/api/publishing_tasks/")) {
    return Response.json({ id: "1", status: "success", error: null });
  }
  return match && !version
    ? Response.json({ scope, name })
    : Response.json({ code: "notFound" }, { status: 404 });
}

async function unpack(request: Request): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const archive = request.body!.pipeThrough(new DecompressionStream("gzip"));
  return untar(new Uint8Array(await new Response(archive).arrayBuffer()));
}

const types: Record<string, string> = {
  js: "text/javascript",
  json: "application/json",
  ts: "application/typescript",
};

/** The part that imports talk to: versions, the manifest of a version, files. */
async function content(path: string, packages: Map<string, Package>): Promise<Response> {
  const [, name, rest] = /^\/(@[^/]+\/[^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  const found = packages.get(name ?? "");
  if (!found || !rest) return new Response("no such package", { status: 404 });
  const { version, files } = found;
  if (rest === "meta.json") {
    const [scope, short] = found.name.slice(1).split("/");
    return Response.json({ scope, name: short, latest: version, versions: { [version]: {} } });
  }
  if (rest === `${version}_meta.json`) {
    return Response.json({ exports: found.exports, manifest: await manifest(files) });
  }
  const file = rest.startsWith(`${version}/`) ? files.get(rest.slice(version.length + 1)) : undefined;
  if (!file) return new Response("no such file", { status: 404 });
  const type = types[rest.slice(rest.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return new Response(file, { headers: { "content-type": type } });
}

async function manifest(
  files: Package["files"],
): Promise<Record<string, { size: number; checksum: string }>> {
  const rows = [...files].map(async ([path, bytes]) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [`/${path}`, { size: bytes.length, checksum: `sha256-${digest.toHex()}` }] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}
