import { EACCES, EFAULT, EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import { CAP_SYS_NICE } from "../../include/uapi/capability.ts";
import { capable } from "../../kernel/cred.ts";
import type { PidNamespace } from "../../kernel/pid.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import { TASK_RUNNING } from "../../kernel/state.ts";
import type { Task } from "../../kernel/task.ts";
import { setTaskComm } from "../../kernel/task-comm.ts";
import { TaskIoAccounting } from "../../kernel/task-io-accounting.ts";
import { byteString } from "../../lib/byte-string.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { kstrtoll } from "../../lib/kstrtox.ts";
import type { ByteString, FileOperations, Kiocb } from "../fs.ts";
import { getProcTask } from "./internal.ts";
import { type PidShow, pidSeqOperations } from "./pid-entry.ts";

const TASK_COMM_LEN = 16;
const NUMBER_BYTES = 22;

/** /proc/PID/comm; the threads of a process may write each other's. @linux fs/proc/base.c `comm_write` (6.18) */
export const commOperations: FileOperations = pidSeqOperations((task) => `${task.comm}\n`, {
  writeIter(iocb, iter) {
    const total = iter.count;
    const text = writtenText(iter, TASK_COMM_LEN - 1);
    if (typeof text === "number") return text;
    const task = getProcTask(iocb.file.inode);
    if (task === undefined) return -ESRCH;
    if (task.signal !== iocb.task.signal) return -EINVAL;
    const end = text.indexOf("\0");
    setTaskComm(task, end < 0 ? text : text.slice(0, end));
    return advance(iocb, total);
  },
});

/** /proc/PID/personality. @linux fs/proc/base.c `proc_pid_personality` (6.18) */
export function personalityText(task: Task, _ns: PidNamespace, reader: Task): ByteString | number {
  if (ptraceMayAccess(reader, task, "fscreds") < 0) return -EPERM;
  return `${(task.personality >>> 0).toString(16).padStart(8, "0")}\n`;
}

/** /proc/PID/syscall: the call that the process is in. @linux fs/proc/base.c `proc_pid_syscall` (6.18) */
export function syscallText(task: Task, _ns: PidNamespace, reader: Task): ByteString | number {
  if (ptraceMayAccess(reader, task, "fscreds") < 0) return -EPERM;
  if (task.state === TASK_RUNNING && task.exitState === 0) return "running\n";
  const { regs } = task;
  const place = `${hex(regs.sp)} ${hex(regs.ip)}\n`;
  if (regs.origAx < 0) return `${regs.origAx} ${place}`;
  const args = [regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9].map(hex).join(" ");
  return `${regs.origAx} ${args} ${place}`;
}

/** /proc/PID/io of a process (`isWhole`) or a thread. @linux fs/proc/base.c `do_io_accounting` (6.18) */
export function ioText(isWhole: boolean): PidShow {
  return (task, _ns, reader) => {
    if (ptraceMayAccess(reader, task, "fscreds") < 0) return -EACCES;
    const io = new TaskIoAccounting();
    if (isWhole) io.add(task.signal.ioac);
    for (const thread of isWhole ? task.signal.threads : [task]) io.add(thread.ioac);
    return [
      `rchar: ${io.rchar}`,
      `wchar: ${io.wchar}`,
      `syscr: ${io.syscr}`,
      `syscw: ${io.syscw}`,
      `read_bytes: ${io.readBytes}`,
      `write_bytes: ${io.writeBytes}`,
      "cancelled_write_bytes: 0",
      "",
    ].join("\n");
  };
}

/** /proc/PID/timerslack_ns. @linux fs/proc/base.c `timerslack_ns_operations` (6.18) */
export const timerslackOperations: FileOperations = pidSeqOperations(
  (task, _ns, reader) => {
    if (task !== reader && !capable(reader.cred, CAP_SYS_NICE)) return -EPERM;
    return `${task.timerSlackNs}\n`;
  },
  {
    writeIter(iocb, iter) {
      const total = iter.count;
      const text = writtenText(iter, NUMBER_BYTES);
      if (typeof text === "number") return text;
      const slackNs = kstrtoll(text);
      if (slackNs === undefined || slackNs < 0) return -EINVAL;
      const task = getProcTask(iocb.file.inode);
      if (task === undefined) return -ESRCH;
      if (task !== iocb.task && !capable(iocb.task.cred, CAP_SYS_NICE)) return -EPERM;
      if (!task.se.hasNoTimerSlack) {
        task.timerSlackNs = slackNs === 0 ? task.defaultTimerSlackNs : slackNs;
      }
      return advance(iocb, total);
    },
  },
);

/** The text of a write, at most `max` bytes of it. */
export function writtenText(iter: IovIter, max: number): ByteString | number {
  const bytes = new Uint8Array(Math.min(iter.count, max));
  return iter.copyFrom(bytes) < bytes.length ? -EFAULT : byteString(bytes);
}

/** All that was written counts, even if only the beginning was looked at. */
export function advance(iocb: Kiocb, count: number): number {
  iocb.pos += count;
  return count;
}

function hex(value: number): string {
  return value < 0
    ? `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`
    : `0x${value.toString(16)}`;
}
