import { cdevAddMajor, minorOf, mkdev } from "../../../fs/char-dev.ts";
import type { File, FileOperations, Inode } from "../../../fs/fs.ts";
import { ENXIO } from "../../../include/errno.ts";
import { IUTF8 } from "../../../include/uapi/termbits.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { Task } from "../../../kernel/task.ts";
import { ttyOpen } from "../tty-io.ts";
import { TtyPort } from "../tty-port.ts";
import { VtScreen } from "./screen.ts";

const TTY_MAJOR = 4;
const MAX_NR_CONSOLES = 63;

/** A virtual terminal: its line, and what its screen shows. */
export class VirtualTerminal {
  readonly port: TtyPort;
  readonly screen: VtScreen;
  /** Called with what is printed, after the screen shows it. */
  onOutput: (bytes: Uint8Array) => void = () => {};

  constructor(kernel: Kernel, index: number) {
    this.port = new TtyPort(kernel, { name: `tty${index}`, index, dev: mkdev(TTY_MAJOR, index) });
    this.port.tty.termios.iflag |= IUTF8;
    const { rows, cols } = this.port.tty.winsize;
    this.screen = new VtScreen(rows, cols);
    this.port.onOutput = (bytes) => {
      this.screen.write(bytes);
      // Questions of programs are answered as if the answer had been typed.
      const answer = this.screen.takeAnswer();
      if (answer.length > 0) this.port.input(answer);
      this.onOutput(bytes);
    };
  }

  /** The window has another size: the screen first, so that whoever is told finds it so. */
  resize(rows: number, cols: number): void {
    this.screen.resize(rows, cols);
    this.port.resize(rows, cols);
  }
}

/**
 * The virtual terminal `index`, from 1; it is made when it is first asked for.
 *
 * @linux drivers/tty/vt/vt.c `vc_allocate` (6.18)
 * @simplified no switching between them: each has a screen of its own that is always seen.
 */
export function virtualTerminal(kernel: Kernel, index: number): VirtualTerminal {
  const all = kernel.subsystem("vt", () => new Map<number, VirtualTerminal>());
  let vt = all.get(index);
  if (vt === undefined) {
    vt = new VirtualTerminal(kernel, index);
    all.set(index, vt);
  }
  return vt;
}

const vtFops: FileOperations = Object.freeze({
  open(task: Task, inode: Inode, file: File): SysResult {
    const index = minorOf(inode.rdev);
    if (index < 1 || index > MAX_NR_CONSOLES) return -ENXIO;
    return ttyOpen(task, file, virtualTerminal(task.kernel, index).port.tty, false);
  },
});

/** /dev/tty1 (4,1) and those after it. @linux drivers/tty/vt/vt.c `vty_init` (6.18) */
export function initVirtualTerminals(kernel: Kernel): void {
  cdevAddMajor(kernel, TTY_MAJOR, vtFops);
}
