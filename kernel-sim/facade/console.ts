import type { SerialLineOptions } from "../api-machine.ts";
import { addConsole } from "../drivers/tty/serial-port.ts";
import type { TtyPort } from "../drivers/tty/tty-port.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { OutputLog } from "./output-log.ts";

/** A machine's console, /dev/ttyS0: what was written to it, and by whom. */
export class MachineConsole {
  readonly port: TtyPort;
  readonly all = new OutputLog();
  readonly #kernel: Kernel;
  readonly #byProcess = new Map<number, OutputLog>();
  /** Called with what is printed. */
  onOutput: (bytes: Uint8Array) => void = () => {};

  constructor(kernel: Kernel, options: SerialLineOptions = {}) {
    this.#kernel = kernel;
    this.port = addConsole(kernel, {
      ...options,
      onWrite: (bytes) => this.#take(bytes),
      onOutput: (bytes) => this.#show(bytes),
    });
  }

  /** What a process and its descendants have written. */
  outputOf(tgid: number): string {
    return this.#byProcess.get(tgid)?.text ?? "";
  }

  #show(bytes: Uint8Array): void {
    this.all.add(bytes);
    this.onOutput(bytes);
  }

  #take(bytes: Uint8Array): void {
    // What a shell's children write is the shell's output too. An echo is nobody's.
    const { current } = this.#kernel;
    for (let task = current; task !== undefined && task.tgid > 1; task = task.realParent) {
      let own = this.#byProcess.get(task.tgid);
      if (own === undefined) {
        own = new OutputLog();
        this.#byProcess.set(task.tgid, own);
      }
      own.add(bytes);
    }
  }
}
