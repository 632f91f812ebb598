import { stateCommand } from "../state-command.ts";

/** `pai start`: a service that was stopped. */
export const startCommand = stateCommand("start", "Running", "Starts a service that was stopped.");
