import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";

/** A task that makes calls of `table` which do not sleep: for tests. */
export class TestCaller {
  readonly task: Task = bareTask();
  readonly #table: SyscallTable;

  constructor(table: SyscallTable) {
    this.#table = table;
  }

  /** Puts a string (or bytes) at a page of its own and answers its address. */
  at(slot: number, content: string | Uint8Array): number {
    const bytes =
      typeof content === "string"
        ? Uint8Array.from(`${content}\0`, (char) => char.charCodeAt(0))
        : content;
    const address = BARE_MEMORY + slot * 0x1000;
    this.task.mm!.copyToUser(address, bytes);
    return address;
  }

  call(name: string, ...args: number[]): number {
    const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = args;
    return this.#table[name]!(this.task, a0, a1, a2, a3, a4, a5) as number;
  }

  /** `n` bytes of the page `slot`. */
  bytes(slot: number, n: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(n, 0));
    this.task.mm!.copyFromUser(BARE_MEMORY + slot * 0x1000, bytes);
    return bytes;
  }
}
