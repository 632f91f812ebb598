import { stateCommand } from "../state-command.ts";

/** `pai stop`: a service that costs money until it is started again. */
export const stopCommand = stateCommand(
  "stop",
  "Stopped",
  "Stops a service: it costs nothing then, and keeps its configuration.",
);
