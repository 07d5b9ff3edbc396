import type { ByteString } from "../fs/fs.ts";
import { EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_SYSLOG } from "../include/uapi/capability.ts";
import { copyToUser } from "../mm/uaccess.ts";
import { capable } from "./cred.ts";
import { type KernelLog, kernelLog, recordText } from "./printk.ts";
import type { MaySleep, SysResult } from "./sleep.ts";
import type { Task } from "./task.ts";
import { waitEventInterruptible } from "./wait.ts";

const SYSLOG_ACTION_CLOSE = 0;
const SYSLOG_ACTION_OPEN = 1;
const SYSLOG_ACTION_READ = 2;
const SYSLOG_ACTION_READ_ALL = 3;
const SYSLOG_ACTION_READ_CLEAR = 4;
const SYSLOG_ACTION_CLEAR = 5;
const SYSLOG_ACTION_CONSOLE_OFF = 6;
const SYSLOG_ACTION_CONSOLE_ON = 7;
const SYSLOG_ACTION_CONSOLE_LEVEL = 8;
const SYSLOG_ACTION_SIZE_UNREAD = 9;
const SYSLOG_ACTION_SIZE_BUFFER = 10;
/** CONFIG_LOG_BUF_SHIFT is 17. */
const LOG_BUF_LEN = 131_072;
const MINIMUM_CONSOLE_LOGLEVEL = 1;

/**
 * Reads the kernel's log and says what of it goes to the console.
 *
 * @linux kernel/printk/printk.c `do_syslog` (6.18)
 * @spec syslog(2)
 */
export function sysSyslog(task: Task, type: number, buf: number, len: number): SysResult {
  const action = type | 0;
  const size = len | 0;
  if (isRestricted(task, action) && !capable(task.cred, CAP_SYSLOG)) return -EPERM;
  const log = kernelLog(task.kernel);
  switch (action) {
    case SYSLOG_ACTION_CLOSE:
    case SYSLOG_ACTION_OPEN:
      return 0;
    case SYSLOG_ACTION_READ:
      if (buf === 0 || size < 0) return -EINVAL;
      return size === 0 ? 0 : syslogRead(task, log, buf, size);
    case SYSLOG_ACTION_READ_CLEAR:
    case SYSLOG_ACTION_READ_ALL:
      if (buf === 0 || size < 0) return -EINVAL;
      if (size === 0) return 0;
      return readAll(task, log, buf, size, action === SYSLOG_ACTION_READ_CLEAR);
    case SYSLOG_ACTION_CLEAR:
      log.clearSeq = log.nextSeq;
      return 0;
    case SYSLOG_ACTION_SIZE_UNREAD:
      return unreadBytes(log);
    case SYSLOG_ACTION_SIZE_BUFFER:
      return LOG_BUF_LEN;
    default:
      return consoleAction(log, action, size);
  }
}

function consoleAction(log: KernelLog, action: number, level: number): number {
  if (action === SYSLOG_ACTION_CONSOLE_OFF) {
    log.savedConsoleLevel ??= log.consoleLevel;
    log.consoleLevel = MINIMUM_CONSOLE_LOGLEVEL;
    return 0;
  }
  if (action === SYSLOG_ACTION_CONSOLE_ON) {
    log.consoleLevel = log.savedConsoleLevel ?? log.consoleLevel;
  } else if (action !== SYSLOG_ACTION_CONSOLE_LEVEL || level < 1 || level > 8) {
    return -EINVAL;
  } else {
    log.consoleLevel = level;
  }
  log.savedConsoleLevel = undefined;
  return 0;
}

/** With dmesg_restrict everything is; else all but looking at the log. */
function isRestricted(task: Task, action: number): boolean {
  if (task.kernel.sysctl.dmesgRestrict !== 0) return true;
  return action !== SYSLOG_ACTION_READ_ALL && action !== SYSLOG_ACTION_SIZE_BUFFER;
}

function* syslogRead(task: Task, log: KernelLog, buf: number, size: number): MaySleep<number> {
  const error = yield* waitEventInterruptible(task, log.wait, () => hasUnread(log));
  if (error < 0) return error;
  const text = takeUnread(log, size);
  return copyText(task, buf, text) < 0 ? -EFAULT : text.length;
}

/** Whether a reader of /proc/kmsg would get something. */
export function hasUnread(log: KernelLog): boolean {
  return log.syslogSeq < log.nextSeq;
}

/** The next lines, as many as fit in `size` bytes; the first one in part when it is too long. @linux `syslog_print` */
export function takeUnread(log: KernelLog, size: number): ByteString {
  if (log.syslogSeq < log.firstSeq) {
    log.syslogSeq = log.firstSeq;
    log.syslogPartial = 0;
  }
  let text = "";
  for (;;) {
    const record = log.at(log.syslogSeq);
    if (record === undefined) return text;
    const line = recordText(record).slice(log.syslogPartial);
    if (text.length + line.length > size) {
      if (text !== "") return text;
      log.syslogPartial += size;
      return line.slice(0, size);
    }
    text += line;
    log.syslogSeq++;
    log.syslogPartial = 0;
  }
}

/** The newest lines that fit. @linux `syslog_print_all` */
function readAll(
  task: Task,
  log: KernelLog,
  buf: number,
  size: number,
  isCleared: boolean,
): number {
  let text = "";
  const first = Math.max(log.clearSeq, log.firstSeq);
  for (let seq = log.nextSeq - 1; seq >= first; seq--) {
    const line = recordText(log.at(seq)!);
    if (text.length + line.length > size) break;
    text = line + text;
  }
  if (copyText(task, buf, text) < 0) return -EFAULT;
  if (isCleared) log.clearSeq = log.nextSeq;
  return text.length;
}

function unreadBytes(log: KernelLog): number {
  let bytes = -log.syslogPartial;
  for (let seq = Math.max(log.syslogSeq, log.firstSeq); seq < log.nextSeq; seq++) {
    bytes += recordText(log.at(seq)!).length;
  }
  return bytes;
}

function copyText(task: Task, buf: number, text: ByteString): number {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return copyToUser(task, buf, bytes);
}
