import type { EasDescription } from "../../../core/eas-service.ts";
import { timeLeft, type Watch } from "../waiting/watch.ts";
import { findCauses, type Finding } from "./classify.ts";
import type { CauseKind } from "./deploy-error.ts";
import { gatherEvidence, signsOf } from "./gather.ts";

// Images are pulled and models loaded before; then now and then, as a look takes three requests.
const firstLook = 20_000;
const timeLimit = 10_000;

// Kubernetes tells of a failure that goes on at least this often; what it told earlier may be over.
const freshness = 150_000;

/** Looks that must have seen the same before a wait is given up, however short `giveUpAfter` is. */
const fewestLooks = 3;

/**
 * Doubts that a wait can end well. The control plane goes on telling Waiting while an image can't be pulled or
 * a container crashes, so the instances are looked at from time to time. One bad sign means little, as
 * registries fail and containers crash until what they need is there; a wait is hopeless when the same cause
 * shows at every look for `giveUpAfter`.
 */
export class Doubts {
  readonly #watch: Watch;
  #nextLook: number;
  #suspicion: { kind: CauseKind; since: number; looks: number } | undefined;

  /** Begins without doubts. */
  constructor(watch: Watch, now: number) {
    this.#watch = watch;
    this.#nextLook = now + firstLook;
  }

  /** Looks, if it is time to; the cause when the wait is hopeless. */
  async hopeless(description: EasDescription): Promise<Finding | undefined> {
    const { client: { clock }, giveUpAfter } = this.#watch;
    const now = clock.now();
    if (giveUpAfter === Infinity || now < this.#nextLook) return undefined;
    const cause = await this.#look(description, now);
    this.#nextLook = now + Math.max(firstLook, (now - this.#watch.began) / 10);
    if (!cause) {
      this.#suspicion = undefined;
      return undefined;
    }
    if (this.#suspicion?.kind !== cause.kind) this.#suspicion = { kind: cause.kind, since: now, looks: 0 };
    const { since, looks } = this.#suspicion;
    this.#suspicion.looks++;
    if (looks === 0) {
      this.#watch.report({
        stage: "wait",
        status: description.status,
        message: `service "${this.#watch.name}": ${suspected(cause)}`,
      });
    }
    const patience = giveUpAfter * cause.hopelessAfter;
    return looks + 1 >= fewestLooks && now - since >= patience ? cause : undefined;
  }

  async #look(
    description: EasDescription,
    now: number,
  ): Promise<Finding & { hopelessAfter: number } | undefined> {
    const { client, signal } = this.#watch;
    const evidence = await gatherEvidence(client, description, {
      timeout: timeLeft(this.#watch, timeLimit),
      signal,
      since: new Date(now - freshness),
      only: ["events", "instances", "logs"],
    });
    const running = evidence.instances.some(({ status }) => status === "Running");
    const signs = signsOf({ ...evidence, logs: running ? evidence.logs : [] }, "");
    // What may yet get well, such as a machine that is still being looked for, hides nothing that doesn't.
    return findCauses(signs, description.config).find((cause): cause is Finding & { hopelessAfter: number } =>
      cause.hopelessAfter !== undefined
    );
  }
}

function suspected({ message, mend }: Finding): string {
  return `it looks as if ${message}; if that stays so, ${mend}`;
}
