import type { PendingEvent } from "../../hw/event-queue.ts";
import type { Kernel } from "../kernel.ts";

/**
 * A timer of the kernel.
 *
 * @linux kernel/time/hrtimer.c (6.18)
 */
export class HrTimer {
  readonly #kernel: Kernel;
  readonly #function: () => void;
  #event: PendingEvent | undefined;
  /** In ns since boot. */
  expires = 0;

  constructor(kernel: Kernel, callback: () => void) {
    this.#kernel = kernel;
    this.#function = callback;
  }

  get isActive(): boolean {
    return this.#event !== undefined;
  }

  /** Starts it, or moves it, to `expires` in ns since boot. The callback may start it again. */
  start(expires: number): void {
    this.cancel();
    this.expires = expires;
    this.#event = this.#kernel.events.schedule(Math.max(expires, this.#kernel.now()), () => {
      this.#event = undefined;
      this.#function();
    });
  }

  cancel(): boolean {
    if (this.#event === undefined) return false;
    this.#kernel.events.cancel(this.#event);
    this.#event = undefined;
    return true;
  }

  /** Ns until it fires; 0 when it does not run. */
  remaining(): number {
    return this.#event === undefined ? 0 : Math.max(0, this.expires - this.#kernel.now());
  }
}
