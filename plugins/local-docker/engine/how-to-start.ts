/** How to get a container engine running, on one kind of system. */
export function howToStart(platform: string): string {
  switch (platform) {
    case "darwin":
      return "start Docker Desktop or OrbStack, or run: colima start";
    case "win32":
      return "start Docker Desktop, or Podman: podman machine start";
    default:
      return "start one: sudo systemctl start docker, or for Podman: systemctl --user start podman.socket; " +
        "where neither is installed: sudo apt-get install docker.io";
  }
}
