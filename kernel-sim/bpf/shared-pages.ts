import { PAGE_SIZE } from "./maps/flags.ts";
import type { BpfMemory } from "./memory.ts";

interface SharedPage {
  readonly frame: Uint8Array;
  /** Where the same lies once more in BPF's memory; 0: nowhere. */
  readonly copyAt: number;
  /** A task may write to it. */
  isWritten: boolean;
}

/**
 * Pages of BPF's memory that tasks have in theirs, as frames of the machine. Programs and tasks do not run at the same
 * time: what one has written the other finds when it is its turn.
 *
 * @simplified a helper that looks into the memory of a task does not find there what its program has just written
 */
export class SharedPages {
  readonly #memory: BpfMemory;
  /** By address in BPF's memory: what the frame holds. */
  readonly #pages = new Map<number, SharedPage>();
  #depth = 0;

  constructor(memory: BpfMemory) {
    this.#memory = memory;
  }

  get isEmpty(): boolean {
    return this.#pages.size === 0;
  }

  /** @param isWritten a task may write to it. @param copyAt where the same lies once more; 0: nowhere */
  share(at: number, frame: Uint8Array, isWritten = true, copyAt = 0): void {
    frame.set(this.#memory.bytes.subarray(at, at + PAGE_SIZE));
    this.#pages.set(at, { frame, copyAt, isWritten });
  }

  /** A task may write to it from now on. */
  letWrite(at: number): void {
    const page = this.#pages.get(at);
    if (page !== undefined) page.isWritten = true;
  }

  /** What tasks have written stays. */
  unshare(at: number): void {
    const page = this.#pages.get(at);
    this.#pages.delete(at);
    if (page !== undefined && this.#depth === 0) this.#take(at, page);
  }

  /** It is the turn of programs, or of who looks at their memory, until that has ended. */
  within<T>(turn: () => T): T {
    if (this.isEmpty && this.#depth === 0) return turn();
    if (this.#depth++ === 0) for (const [at, page] of this.#pages) this.#take(at, page);
    try {
      return turn();
    } finally {
      if (--this.#depth === 0) this.#giveBack();
    }
  }

  #take(at: number, { frame, copyAt, isWritten }: SharedPage): void {
    if (!isWritten) return;
    this.#memory.bytes.set(frame, at);
    if (copyAt !== 0) this.#memory.bytes.set(frame, copyAt);
  }

  #giveBack(): void {
    const { bytes } = this.#memory;
    for (const [at, { frame }] of this.#pages) frame.set(bytes.subarray(at, at + PAGE_SIZE));
  }
}
