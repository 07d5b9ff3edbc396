/** One sandbox process: frames in and out, and its end whatever it does. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { encodeFrame, type Frame, FrameDecoder } from "#notebook/runtime";
import { sandboxCommand } from "./command.ts";
import { sandboxEnv } from "./deno-folder.ts";
import { niceGroup } from "./priority.ts";
import { NO_USAGE, type Usage, usageOf } from "./usage.ts";

export type SandboxEnd =
  | { readonly kind: "out-of-memory" }
  | { readonly kind: "exited"; readonly because: string }
  /** It wrote something else than frames. */
  | { readonly kind: "garbled" };

const ERROR_TEXT_MAX = 8 * 1024;
/** Our own scripts write nothing there but the report of their death. */
const ERROR_BYTES_MAX = 1024 * 1024;
const OUT_OF_MEMORY = /out of memory|allocation failed|memory allocation of/i;

export class Sandbox {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #decoder = new FrameDecoder();
  readonly #queue: Frame[] = [];
  #receive: ((frame: Frame) => void) | undefined;
  #onEnd: ((end: SandboxEnd) => void) | undefined;
  #errorText = "";
  #errorBytes = 0;
  #end: SandboxEnd | undefined;

  constructor(script: string, memoryMiB: number) {
    const { program, args } = sandboxCommand(script, memoryMiB);
    // A process group of its own, so that nothing it could start outlives it.
    this.#child = spawn(program, [...args], {
      env: sandboxEnv(),
      cwd: "/",
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    if (this.#child.pid !== undefined) niceGroup(this.#child.pid);
    this.#child.on("error", (error) => this.#finish({ kind: "exited", because: error.message }));
    this.#child.on("close", (code, signal) => this.#finish(this.#endOf(code, signal)));
    // A process that has ended reads no more; its end is told by `close`.
    this.#child.stdin.on("error", () => undefined);
    this.#child.stdout.on("data", (piece: Buffer) => this.#read(piece));
    this.#child.stderr.on("data", (piece: Buffer) => {
      this.#errorText = (this.#errorText + piece.toString("latin1")).slice(-ERROR_TEXT_MAX);
      this.#errorBytes += piece.length;
      if (this.#errorBytes > ERROR_BYTES_MAX) this.#finish({ kind: "garbled" });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** What it wrote last on stderr: for the log, never for a student. */
  get errorText(): string {
    return this.#errorText;
  }

  usage(): Usage {
    return this.pid === undefined ? NO_USAGE : usageOf(this.pid);
  }

  send(kind: string, text: string): void {
    if (!this.hasEnded) this.#child.stdin.write(encodeFrame({ kind, text }));
  }

  /** Who hears the frames and the end from now on; frames that came before are handed over first. */
  listen(receive: (frame: Frame) => void, onEnd: (end: SandboxEnd) => void): void {
    this.#receive = receive;
    this.#onEnd = onEnd;
    for (const frame of this.#queue.splice(0)) this.#receive?.(frame);
    if (this.#end !== undefined) onEnd(this.#end);
  }

  /** The next frame; rejects when the process ends first. */
  next(): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const first = this.#queue.shift();
      if (first !== undefined) return resolve(first);
      const quiet = (): void => {
        this.#receive = undefined;
        this.#onEnd = undefined;
      };
      this.listen(
        (frame) => {
          quiet();
          resolve(frame);
        },
        (end) => {
          quiet();
          reject(
            new Error(
              `a sandbox ended before it was ready: ${JSON.stringify(end)} ${this.#errorText}`,
            ),
          );
        },
      );
    });
  }

  /** Ends it at once. */
  kill(): void {
    this.#receive = undefined;
    this.#onEnd = undefined;
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  #read(piece: Buffer): void {
    if (this.hasEnded) return;
    try {
      for (const frame of this.#decoder.push(piece)) {
        if (this.#receive === undefined) this.#queue.push(frame);
        else this.#receive(frame);
      }
    } catch {
      this.#finish({ kind: "garbled" });
    }
  }

  #endOf(code: number | null, signal: string | null): SandboxEnd {
    if (OUT_OF_MEMORY.test(this.#errorText)) return { kind: "out-of-memory" };
    return { kind: "exited", because: signal ?? `code ${code}` };
  }

  #finish(end: SandboxEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const tell = this.#onEnd;
    this.kill();
    tell?.(end);
  }
}
