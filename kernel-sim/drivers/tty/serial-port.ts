import { cdevAdd, mkdev } from "../../fs/char-dev.ts";
import type { File } from "../../fs/fs.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { devTtyFops, ttyOpen } from "./tty-io.ts";
import { TtyPort, type TtyPortOptions } from "./tty-port.ts";

const TTY_MAJOR = 4;
const TTYAUX_MAJOR = 5;
/** Minor number of ttyS0. */
const SERIAL_MINOR = 64;

/**
 * A machine's console: /dev/ttyS0 (4,64), with /dev/console (5,1) and /dev/tty (5,0).
 *
 * @linux drivers/tty/tty_io.c `tty_init` (6.18)
 */
export function addConsole(kernel: Kernel, options: TtyPortOptions = {}): TtyPort {
  const dev = mkdev(TTY_MAJOR, SERIAL_MINOR);
  const port = new TtyPort(kernel, { name: "ttyS0", index: 0, dev }, options);
  const openWith = (noctty: boolean) => ({
    open: (task: Task, _inode: unknown, file: File) => ttyOpen(task, file, port.tty, noctty),
  });
  cdevAdd(kernel, TTY_MAJOR, SERIAL_MINOR, openWith(false));
  // The console never becomes a controlling terminal by itself.
  cdevAdd(kernel, TTYAUX_MAJOR, 1, openWith(true));
  cdevAdd(kernel, TTYAUX_MAJOR, 0, devTtyFops);
  return port;
}
