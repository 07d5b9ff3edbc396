import type { Task } from "../../kernel/task.ts";

const STRING_MAX = 4096;

/** The memory of the process that the dynamic linker works in. What is not mapped reads as zeros. */
export class ProcessMemory {
  /** Whose memory: the linker's context says so when it runs. */
  task: Task | undefined = undefined;
  readonly #word = new Uint8Array(4);
  readonly #view = new DataView(this.#word.buffer);

  word(address: number): number {
    this.#word.fill(0);
    this.task?.mm?.copyFromUser(address, this.#word);
    return this.#view.getUint32(0, true);
  }

  setWord(address: number, value: number): void {
    this.#view.setUint32(0, value >>> 0, true);
    this.task?.mm?.copyToUser(address, this.#word);
  }

  bytes(address: number, n: number): Uint8Array {
    const bytes = new Uint8Array(n);
    this.task?.mm?.copyFromUser(address, bytes);
    return bytes;
  }

  setBytes(address: number, bytes: Uint8Array): void {
    this.task?.mm?.copyToUser(address, bytes);
  }

  /** The string that ends at the next zero. */
  string(address: number): string {
    let text = "";
    for (let at = address; text.length < STRING_MAX; at += 64) {
      const piece = this.bytes(at, 64);
      const end = piece.indexOf(0);
      text += String.fromCharCode(...(end < 0 ? piece : piece.subarray(0, end)));
      if (end >= 0) break;
    }
    return text;
  }
}
