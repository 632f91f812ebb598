import { listen, type Listening } from "../../processors/listen.ts";
import type { Handler } from "../../processors/handler.ts";

/** A handler on a port of this machine, which only this machine can reach and which ends with this process. */
export class Loopback {
  readonly #handler: Handler;
  #listening: Listening | undefined;
  #port = 0;

  /** Nothing listens yet. */
  constructor(handler: Handler) {
    this.#handler = handler;
  }

  /** Where it listens, or listened last. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens: where it did before, so that whoever knows the address can go on, unless somebody else now does. */
  async open(): Promise<void> {
    if (this.#listening) return;
    const listening = await listen(this.#handler, { port: this.#port }).catch((error: unknown) => {
      if (this.#port === 0) throw error;
      return listen(this.#handler);
    });
    listening.server.unref(); // a program that has done everything else has done
    this.#listening = listening;
    this.#port = Number(new URL(listening.url).port);
  }

  /** Stops listening; what is under way is dropped. */
  async close(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    await listening?.close();
  }
}
