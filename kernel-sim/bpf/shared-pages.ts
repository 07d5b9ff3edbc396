import { PAGE_SIZE } from "./maps/flags.ts";
import type { BpfMemory } from "./memory.ts";

/**
 * Pages of BPF's memory that tasks have in theirs, as frames of the machine. Programs and tasks do not run at the same
 * time: what one has written the other finds when it is its turn.
 *
 * @simplified a helper that looks into the memory of a task does not find there what its program has just written
 */
export class SharedPages {
  readonly #memory: BpfMemory;
  /** By address in BPF's memory: what the frame holds. */
  readonly #frames = new Map<number, Uint8Array>();
  #depth = 0;

  constructor(memory: BpfMemory) {
    this.#memory = memory;
  }

  get isEmpty(): boolean {
    return this.#frames.size === 0;
  }

  share(at: number, frame: Uint8Array): void {
    frame.set(this.#memory.bytes.subarray(at, at + PAGE_SIZE));
    this.#frames.set(at, frame);
  }

  unshare(at: number): void {
    this.#frames.delete(at);
  }

  /** It is the turn of programs, or of who looks at their memory, until that has ended. */
  within<T>(turn: () => T): T {
    const { bytes } = this.#memory;
    if (this.#depth++ === 0) for (const [at, frame] of this.#frames) bytes.set(frame, at);
    try {
      return turn();
    } finally {
      if (--this.#depth === 0) this.#giveBack();
    }
  }

  #giveBack(): void {
    const { bytes } = this.#memory;
    for (const [at, frame] of this.#frames) frame.set(bytes.subarray(at, at + PAGE_SIZE));
  }
}
