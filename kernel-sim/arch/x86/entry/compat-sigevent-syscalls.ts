import { EFAULT } from "../../../include/errno.ts";
import { O_CREAT } from "../../../include/uapi/fcntl.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { structFromUser } from "../../../mm/uaccess.ts";
import { andThen, call, narrow, Scratch, widenOrFault } from "./compat-translate.ts";

const SIGEVENT_BYTES = 64;
/** Fields of `struct mq_attr` that say something. */
const MQ_ATTR_WORDS = 4;
const MQ_ATTR_BYTES = 64;

/** Timers and message queues of POSIX. @linux kernel/time/posix-timers.c, ipc/mqueue.c, their compat parts (6.18) */
export const sigeventCompatSyscalls: SyscallTable = {
  timer_create: (task, clock, event, created) =>
    withSigevent(task, event, (wide) => call(task, "timer_create", clock, wide, created)),
  mq_notify: (task, fd, event) =>
    withSigevent(task, event, (wide) => call(task, "mq_notify", fd, wide)),
  mq_open: (task, name, flags, mode, attr) => {
    const isRead = attr !== 0 && (flags & O_CREAT) !== 0;
    const wide = isRead ? widenOrFault(task, new Scratch(task), attr, MQ_ATTR_WORDS * 2) : 0;
    return call(task, "mq_open", name, flags, mode, wide);
  },
  mq_getsetattr: mqGetsetattr,
  mq_timedsend: (task, fd, text, length, prio, time) =>
    call(task, "mq_timedsend", fd, text, length, prio, wideTime(task, time)),
  mq_timedreceive: (task, fd, text, length, prio, time) =>
    call(task, "mq_timedreceive", fd, text, length, prio, wideTime(task, time)),
  mq_timedsend_time64: (task, ...args) => call(task, "mq_timedsend", ...args),
  mq_timedreceive_time64: (task, ...args) => call(task, "mq_timedreceive", ...args),
};

function wideTime(task: Task, time: number): number {
  return time === 0 ? 0 : widenOrFault(task, new Scratch(task), time, 2);
}

/** `struct sigevent`, whose value is one word. @linux kernel/signal.c `get_compat_sigevent` (6.18) */
function withSigevent(task: Task, at: number, asked: (wide: number) => SysResult): SysResult {
  if (at === 0) return asked(0);
  const event = structFromUser(task, at, SIGEVENT_BYTES);
  if (typeof event === "number") return event;
  const wide = new DataView(new ArrayBuffer(SIGEVENT_BYTES));
  wide.setUint32(0, event.getUint32(0, true), true);
  for (const word of [1, 2, 3]) wide.setInt32(4 + word * 4, event.getInt32(word * 4, true), true);
  return asked(new Scratch(task).bytes(wide));
}

function mqGetsetattr(task: Task, fd: number, wanted: number, old: number): SysResult {
  const scratch = new Scratch(task);
  const wide = wanted === 0 ? 0 : widenOrFault(task, scratch, wanted, MQ_ATTR_WORDS * 2);
  const before = old === 0 ? 0 : scratch.take(MQ_ATTR_BYTES);
  return andThen(call(task, "mq_getsetattr", fd, wide, before), (result) => {
    if (result < 0 || old === 0) return result;
    return narrow(task, before, old, MQ_ATTR_BYTES / 8) < 0 ? -EFAULT : 0;
  });
}
