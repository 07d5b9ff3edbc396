/** Lets outputs of a run through up to a limit, and joins what is printed line by line. */

import type { Output } from "#notebook/document";

/** As printed: characters of all texts. */
export interface OutputLimits {
  readonly bytes: number;
  readonly outputs: number;
}

export const CELL_OUTPUT_LIMITS: OutputLimits = { bytes: 256 * 1024, outputs: 200 };

/** More than this is sent on before the run ends. */
const PIECE_BYTES = 8 * 1024;
const PIECE_MS = 50;

export class OutputGate {
  readonly #emit: (output: Output) => void;
  readonly #limits: OutputLimits;
  readonly #hostNow: () => number;
  #bytesLeft: number;
  #outputsLeft: number;
  #omittedBytes = 0;
  #stream: "stdout" | "stderr" = "stdout";
  #pending: string[] = [];
  #pendingBytes = 0;
  /** The first text is sent on at once: a reader sees it before a loop that never ends. */
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** @param hostNow a real clock in ms; it decides only in how many pieces a text is sent */
  constructor(emit: (output: Output) => void, limits: OutputLimits, hostNow: () => number) {
    this.#emit = emit;
    this.#limits = limits;
    this.#hostNow = hostNow;
    this.#bytesLeft = limits.bytes;
    this.#outputsLeft = limits.outputs;
  }

  print(stream: "stdout" | "stderr", text: string): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    const room = Math.max(0, this.#bytesLeft);
    const kept = text.length <= room ? text : text.slice(0, room);
    this.#bytesLeft -= kept.length;
    this.#omittedBytes += text.length - kept.length;
    if (kept === "") return;
    this.#pending.push(kept);
    this.#pendingBytes += kept.length;
    const isDue = this.#hostNow() - this.#flushedAt > PIECE_MS;
    if (this.#pendingBytes >= PIECE_BYTES || isDue) this.flush();
  }

  show(output: Output): void {
    this.flush();
    const bytes = JSON.stringify(output).length;
    if (bytes > this.#bytesLeft || this.#outputsLeft <= 0) {
      this.#omittedBytes += bytes;
      return;
    }
    this.#bytesLeft -= bytes;
    this.#outputsLeft--;
    this.#emit(output);
  }

  /** An error is short and always shown. */
  fail(output: Output): void {
    this.flush();
    this.#emit(output);
  }

  flush(): void {
    this.#flushedAt = this.#hostNow();
    if (this.#pending.length === 0) return;
    const text = this.#pending.join("");
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#emit({ kind: "stream", stream: this.#stream, text });
  }

  /** The run has ended: what was left out is told, and nothing more comes through. */
  close(): void {
    this.flush();
    if (this.#omittedBytes > 0) {
      this.#emit({ kind: "truncated", omittedBytes: this.#omittedBytes });
    }
    this.#bytesLeft = 0;
    this.#outputsLeft = 0;
    this.#omittedBytes = 0;
  }

  get limits(): OutputLimits {
    return this.#limits;
  }
}
