import type { Cloud } from "./cloud.ts";
import { readyInstances } from "./eas/instances.ts";
import { findService } from "./eas/services.ts";
import { isVendorHost } from "./hosts.ts";

/** Port of the instances' own addresses, as in the vendor's example. */
const instancePort = 50_000;

/**
 * Tells where the instances of a service are, for those who call them without the gateway. Only those who ask from inside
 * the VPC are told, and need no token.
 * Under another host than the vendor's, such as the loopback port of a server, that host stands for all instances.
 */
export function discover(cloud: Cloud, name: string, asked: URL): Response {
  const { service, state } = findService(cloud, name) ?? {};
  if (!service || !state || state.status === "Deleting") return json({ message: `no service ${name}` }, 404);
  const ready = state.routed ? readyInstances(service, cloud.clock.now()) : [];
  const addresses = isVendorHost(asked.hostname)
    ? ready.map(({ ip }) => ({ ip, port: instancePort }))
    : ready.slice(0, 1).map(() => ({ ip: asked.hostname, port: Number(asked.port) || 80 }));
  const items = addresses.map((address) => ({ app: name, ...address, weight: 100 }));
  return json({ correlative: [name], endpoints: { items } }, 200);
}

/** Whether an address is one that an instance has or had: those of one network. */
export function isInstanceAddress(hostname: string): boolean {
  return /^10\.224\.\d+\.\d+$/.test(hostname);
}

/** Whether an instance answers at an address. */
export function isReachable(cloud: Cloud, hostname: string): boolean {
  const now = cloud.clock.now();
  return [...cloud.store.services.values()].some((service) =>
    readyInstances(service, now).some(({ ip }) => ip === hostname)
  );
}

function json(value: unknown, status: number): Response {
  return Response.json(value, { status, headers: { "content-type": "application/json" } });
}
