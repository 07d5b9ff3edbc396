/** What can be done with the descriptor of an event. */

import type { File, FileOperations, Kiocb } from "../../fs/fs.ts";
import {
  E2BIG,
  EBADF,
  EFAULT,
  EINVAL,
  ENOSPC,
  ENOTTY,
  EOPNOTSUPP,
  EPERM,
} from "../../include/errno.ts";
import { EPOLLHUP } from "../../include/uapi/poll.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { copyFromUser, copyToUser, getname } from "../../mm/uaccess.ts";
import { bpfObjectOfFd } from "../bpf.ts";
import type { Task } from "../task.ts";
import {
  ATTR_FREQ,
  ATTR_INHERIT,
  FORMAT_ENABLED,
  FORMAT_GROUP,
  FORMAT_ID,
  FORMAT_LOST,
  FORMAT_RUNNING,
  perfCopyAttr,
} from "./attr.ts";
import { PERF_TYPE_TRACEPOINT, perfmonCapable } from "./init-event.ts";
import type { PerfEvent } from "./perf-event.ts";

const ENABLE = 0x2400;
const DISABLE = 0x2401;
const REFRESH = 0x2402;
const RESET = 0x2403;
const SET_OUTPUT = 0x2405;
const PERIOD = 0x4008_2404;
const SET_FILTER = 0x4008_2406;
const SET_BPF = 0x4004_2408;
const PAUSE_OUTPUT = 0x4004_2409;
const MODIFY_ATTRIBUTES = 0x4008_240b;
const ID = 0x8008_2407;
const QUERY_BPF = 0xc008_240a;

const IOC_FLAG_GROUP = 1;
/** `kernel.perf_event_max_sample_rate` */
export const SAMPLE_RATE_MAX = 100_000;
/** @linux kernel/trace/bpf_trace.c `BPF_TRACE_MAX_PROGS` (6.18) */
const PROGS_MAX = 64;

/** @linux kernel/events/core.c `perf_fops` (6.18) */
export const perfFileOperations: FileOperations = {
  readIter: perfRead,
  ioctl: perfIoctl,
  // There is never a buffer in which samples could lie.
  poll: () => EPOLLHUP,
  release(file) {
    const event = file.privateData as PerfEvent;
    event.contexts.kernel.hooks.bpf?.freePerf(event);
    for (const child of event.children) child.contexts.remove(child);
    event.contexts.remove(event);
    event.leaveGroup();
  },
};

/** @linux kernel/events/core.c `perf_read` (6.18) */
function perfRead({ file }: Kiocb, iter: IovIter): number {
  const event = file.privateData as PerfEvent;
  const words = wordsOf(event);
  const bytes = new Uint8Array(BigUint64Array.from(words).buffer);
  if (iter.count < bytes.length) return -ENOSPC;
  return iter.copyTo(bytes) === bytes.length ? bytes.length : -EFAULT;
}

/** @linux kernel/events/core.c `perf_read_one`, `perf_read_group` (6.18) */
function wordsOf(event: PerfEvent): bigint[] {
  const { readFormat } = event.attr;
  const has = (bit: number) => (readFormat & bit) !== 0;
  const { counter, enabled, running } = event.total();
  const times = [
    ...(has(FORMAT_ENABLED) ? [enabled] : []),
    ...(has(FORMAT_RUNNING) ? [running] : []),
  ];
  const told = (each: PerfEvent) => [
    ...(has(FORMAT_ID) ? [each.id] : []),
    ...(has(FORMAT_LOST) ? [0] : []),
  ];
  if (!has(FORMAT_GROUP)) return [counter, ...times, ...told(event)].map(BigInt);
  const group = [event, ...event.siblings];
  const each = group.flatMap((member) => [member.total().counter, ...told(member)]);
  return [group.length, ...times, ...each].map(BigInt);
}

/** @linux kernel/events/core.c `_perf_ioctl` (6.18) */
function perfIoctl(task: Task, file: File, cmd: number, arg: number): number {
  const event = file.privateData as PerfEvent;
  const inGroup = (act: (each: PerfEvent) => void) => {
    const { leader } = event;
    const isGroup = (arg & IOC_FLAG_GROUP) !== 0;
    for (const each of isGroup ? [leader, ...leader.siblings] : [event]) {
      for (const own of [each, ...each.children]) act(own);
    }
    return 0;
  };
  switch (cmd >>> 0) {
    case ENABLE:
      return inGroup((each) => each.enable());
    case DISABLE:
      return inGroup((each) => each.disable());
    case RESET:
      return inGroup((each) => each.reset());
    case REFRESH:
      if ((event.attr.flags & ATTR_INHERIT) !== 0 || !event.isSampling) return -EINVAL;
      event.limit += arg | 0;
      event.enable();
      return 0;
    case PERIOD:
      return setPeriod(task, event, arg);
    case ID:
      return copyToUser(task, arg, new Uint8Array(BigUint64Array.of(BigInt(event.id)).buffer));
    case SET_OUTPUT:
      if ((arg | 0) === -1) return 0;
      // No event has a buffer.
      return task.files.fget(arg | 0)?.op === perfFileOperations ? -EINVAL : -EBADF;
    case SET_FILTER: {
      const text = getname(task, arg);
      if (typeof text === "number") return text;
      return event.attr.type === PERF_TYPE_TRACEPOINT ? -EOPNOTSUPP : -EINVAL;
    }
    case SET_BPF:
      return setBpf(task, event, arg | 0);
    case PAUSE_OUTPUT:
      return -EINVAL;
    case QUERY_BPF:
      return queryBpf(task, event, arg);
    case MODIFY_ATTRIBUTES: {
      const attr = perfCopyAttr(task, arg);
      if (typeof attr === "number") return attr;
      return attr.type === event.attr.type ? -EOPNOTSUPP : -EINVAL;
    }
    default:
      return -ENOTTY;
  }
}

/** @linux kernel/events/core.c `_perf_event_period` (6.18) */
function setPeriod(task: Task, event: PerfEvent, arg: number): number {
  const bytes = copyFromUser(task, arg, 8);
  if (typeof bytes === "number") return -EFAULT;
  const period = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (!event.isSampling || period === 0 || period >= 2 ** 63) return -EINVAL;
  if ((event.attr.flags & ATTR_FREQ) !== 0 && period > SAMPLE_RATE_MAX) return -EINVAL;
  event.setPeriod(period);
  return 0;
}

function setBpf(task: Task, event: PerfEvent, fd: number): number {
  const object = bpfObjectOfFd(task, fd);
  if (object === undefined) return task.files.fget(fd) === undefined ? -EBADF : -EINVAL;
  return task.kernel.hooks.bpf?.setPerf(event, object) ?? -EINVAL;
}

/** @linux kernel/trace/bpf_trace.c `perf_event_query_prog_array` (6.18) */
function queryBpf(task: Task, event: PerfEvent, arg: number): number {
  if (!perfmonCapable(task)) return -EPERM;
  const { hook } = event;
  if (event.attr.type !== PERF_TYPE_TRACEPOINT || hook === undefined) return -EINVAL;
  const query = copyFromUser(task, arg, 8);
  if (typeof query === "number") return -EFAULT;
  const room = new DataView(query.buffer, query.byteOffset).getUint32(0, true);
  if (room > PROGS_MAX) return -E2BIG;
  const ids = task.kernel.hooks.bpf?.perfPrograms(hook) ?? [];
  const told = Uint32Array.of(ids.length, ...ids.slice(0, room));
  if (copyToUser(task, arg + 4, new Uint8Array(told.buffer)) !== 0) return -EFAULT;
  return room > 0 && ids.length > room ? -ENOSPC : 0;
}
