/** What a plan is made for; begins the message of every refusal. */
export interface Subject {
  /** Name of the service. */
  readonly serviceName: string;
}

/** The error of a deployment that can't run in a container of this machine; nothing has been started. */
export function refusal({ serviceName }: Subject, problem: string): TypeError {
  return new TypeError(`Cannot deploy service "${serviceName}" locally: ${problem}`);
}
