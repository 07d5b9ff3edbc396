import type { Kernel } from "../kernel.ts";
import { RtMutex } from "../locking/rtmutex.ts";
import type { Task } from "../task.ts";

/**
 * A lock with priority inheritance that somebody waits for: who holds it, as far as the word in user memory can say.
 *
 * @linux kernel/futex/futex.h `struct futex_pi_state` (6.18)
 */
export class PiState {
  /** Undefined: it has died. */
  owner: Task | undefined;
  readonly mutex = new RtMutex();
  /** Waiters that hold on to it; with the last one it goes. */
  users = 0;

  constructor(owner: Task) {
    this.owner = owner;
    this.mutex.owner = owner;
  }
}

/** All of a machine, for who ends while holding some. */
class PiStates {
  readonly #states = new Set<PiState>();

  make(owner: Task): PiState {
    const state = new PiState(owner);
    this.#states.add(state);
    return state;
  }

  /** One user less. @linux kernel/futex/pi.c `put_pi_state` (6.18) */
  put(state: PiState): void {
    state.users--;
    if (state.users > 0) return;
    state.mutex.owner = undefined;
    this.#states.delete(state);
  }

  ownedBy(task: Task): PiState[] {
    return [...this.#states].filter(({ owner }) => owner === task);
  }
}

export function piStates(kernel: Kernel): PiStates {
  return kernel.subsystem("futex-pi", () => new PiStates());
}
