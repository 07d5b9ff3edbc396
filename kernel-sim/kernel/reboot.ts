import { EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYS_BOOT } from "../include/uapi/capability.ts";
import { SIGHUP, SIGINT, SIGKILL } from "../include/uapi/signal.ts";
import { capable } from "./cred.ts";
import { exitInSyscall } from "./exit.ts";
import { printk } from "./printk.ts";
import { SEND_SIG_PRIV, sendSignal } from "./signal-send.ts";
import type { SysResult } from "./sleep.ts";
import type { Task } from "./task.ts";

const LINUX_REBOOT_MAGIC1 = 0xfee1dead;
const LINUX_REBOOT_MAGIC2: readonly number[] = Object.freeze([
  0x28121969, 0x05121996, 0x16041998, 0x20112000,
]);
const LINUX_REBOOT_CMD_RESTART = 0x01234567;
const LINUX_REBOOT_CMD_HALT = 0xcdef0123;
const LINUX_REBOOT_CMD_CAD_ON = 0x89abcdef;
const LINUX_REBOOT_CMD_CAD_OFF = 0;
const LINUX_REBOOT_CMD_POWER_OFF = 0x4321fedc;
const KERN_EMERG = 0;

/**
 * Ends the machine; in a pid namespace of its own, the processes of that alone.
 *
 * @linux kernel/reboot.c `reboot`, kernel/pid_namespace.c `reboot_pid_ns` (6.18)
 * @spec reboot(2)
 * @simplified no kexec, no hibernation and no command for the firmware: EINVAL. A restart ends the machine too.
 */
export function sysReboot(task: Task, magic1: number, magic2: number, command: number): SysResult {
  if (!capable(task.cred, CAP_SYS_BOOT)) return -EPERM;
  if (magic1 >>> 0 !== LINUX_REBOOT_MAGIC1 || !LINUX_REBOOT_MAGIC2.includes(magic2 >>> 0)) {
    return -EINVAL;
  }
  const cmd = command >>> 0;
  if (task.pidNs() !== task.kernel.initPidNs) return rebootPidNs(task, cmd);
  const { kernel } = task;
  switch (cmd) {
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF:
      return 0;
    case LINUX_REBOOT_CMD_RESTART:
      printk(kernel, KERN_EMERG, "reboot: Restarting system");
      break;
    case LINUX_REBOOT_CMD_HALT:
      printk(kernel, KERN_EMERG, "reboot: System halted");
      break;
    case LINUX_REBOOT_CMD_POWER_OFF:
      printk(kernel, KERN_EMERG, "reboot: Power down");
      break;
    default:
      return -EINVAL;
  }
  kernel.isHalted = true;
  return 0;
}

/** Its init dies as if by the signal that says what was wanted. */
function rebootPidNs(task: Task, cmd: number): SysResult {
  const reaper = task.pidNs().childReaper;
  if (cmd !== LINUX_REBOOT_CMD_RESTART && cmd !== LINUX_REBOOT_CMD_HALT) {
    if (cmd !== LINUX_REBOOT_CMD_POWER_OFF) return -EINVAL;
  }
  const signal = cmd === LINUX_REBOOT_CMD_RESTART ? SIGHUP : SIGINT;
  task.pidNs().reboot = signal;
  if (reaper !== undefined) sendSignal(SIGKILL, SEND_SIG_PRIV, reaper, "process");
  return exitInSyscall(task, 0);
}
