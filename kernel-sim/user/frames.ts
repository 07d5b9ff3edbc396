import type { Task } from "../kernel/task.ts";

/** Where the code of programs lies that are not machine code: `main` and each running handler have an address. */
export const TEXT_BASE = 0x401000;
/** Addresses of handlers, behind the text of `main` and its frames. */
export const HANDLER_BASE = TEXT_BASE + 0x8000;
const FRAME_BYTES = 16;

/** One level of a program's stack: `main`, or a signal handler on top of what it has interrupted. */
export interface UserFrame {
  /** The instruction pointer behind the frame's last system call. */
  readonly ip: number;
}

/**
 * The frames of a program that runs beside the processor: the kernel moves the instruction pointer
 * (to a handler, back behind a system call, back to what was interrupted), and the frames follow.
 */
export class UserFrames<F extends UserFrame> {
  readonly #frames: F[] = [];

  get top(): F {
    return this.#frames[this.#frames.length - 1]!;
  }

  /** The top frame; undefined before main begins. */
  get running(): F | undefined {
    const depth = this.#frames.length;
    return depth === 0 ? undefined : this.#frames[depth - 1];
  }

  get depth(): number {
    return this.#frames.length;
  }

  /** The address at which the next frame will stand. */
  nextIp(): number {
    return TEXT_BASE + 2 + this.#frames.length * FRAME_BYTES;
  }

  push(task: Task, frame: F): void {
    this.#frames.push(frame);
    task.regs.ip = frame.ip;
  }

  /** From main on. */
  all(): readonly F[] {
    return this.#frames;
  }

  /** One more, whose place the registers know. */
  add(frame: F): void {
    this.#frames.push(frame);
  }

  pop(): void {
    this.#frames.pop();
  }

  /**
   * Finds what the kernel wants: `handler` is an address that is no frame's, so a signal handler starts;
   * `again` is a call that is to be made once more; else the top frame goes on, after the frames above
   * it have been left.
   */
  follow(task: Task): "handler" | "again" | "on" {
    const { ip } = task.regs;
    if (ip === this.top.ip) return "on";
    for (let depth = this.#frames.length; depth > 0; depth--) {
      const frame = this.#frames[depth - 1]!;
      if (ip !== frame.ip && ip !== frame.ip - 2) continue;
      this.#frames.length = depth;
      return ip === frame.ip ? "on" : "again";
    }
    return "handler";
  }
}
