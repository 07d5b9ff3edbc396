import { EFAULT, EINVAL } from "../../../include/errno.ts";
import { getCompatRobustList, setCompatRobustList } from "../../../kernel/futex/robust.ts";
import { sysNice } from "../../../kernel/priority.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn, SyscallTable } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyFromUser, copyToUser, getInt64, structFromUser } from "../../../mm/uaccess.ts";
import { getThreadArea, setThreadArea } from "../tls.ts";
import { andThen, call, putWords32, Scratch, words32 } from "./compat-translate.ts";

const NEW_UTS_LEN = 65;
const OLD_UTS_LEN = 9;
const UTS_FIELDS = 6;
const COMPAT_RLIM_INFINITY = 0xffffffff;
const RLIM_INFINITY = 2 ** 64;
const SYSINFO_BYTES = 112;
const OVERFLOW_ID = 65_534;
const NGROUPS_MAX = 65_536;

/** Calls with users and groups of 32 bits are the usual ones under another name. */
const IDS_32 =
  "lchown setreuid setregid getgroups setgroups fchown setresuid getresuid setresgid getresgid chown setuid setgid setfsuid setfsgid";
/** Those with 16 bits: how many arguments stand before the first id, and how many are ids. */
const IDS_16: Readonly<Record<string, readonly [number, number]>> = {
  chown: [1, 2],
  lchown: [1, 2],
  fchown: [1, 2],
  setuid: [0, 1],
  setgid: [0, 1],
  setreuid: [0, 2],
  setregid: [0, 2],
  setresuid: [0, 3],
  setresgid: [0, 3],
  setfsuid: [0, 1],
  setfsgid: [0, 1],
};

/** What else differs for 32-bit programs. @linux kernel/sys.c, kernel/uid16.c, arch/x86/kernel/tls.c (6.18) */
export const sysCompatSyscalls: SyscallTable = {
  ...Object.fromEntries(
    IDS_32.split(" ").map((name): [string, SyscallFn] => [
      `${name}32`,
      (task, ...args) => call(task, name, ...args),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(IDS_16).map(([name, [before, ids]]): [string, SyscallFn] => [
      name,
      (task, ...args) =>
        call(
          task,
          name,
          ...args.map((arg, i) => (i >= before && i < before + ids ? wideId(arg) : arg)),
        ),
    ]),
  ),
  getrlimit: (task, resource, at) => getrlimit(task, resource, at, 0x7fffffff),
  ugetrlimit: (task, resource, at) => getrlimit(task, resource, at, COMPAT_RLIM_INFINITY),
  setrlimit: setrlimit32,
  sysinfo: sysinfo32,
  olduname: (task, at) => shortUname(task, at, NEW_UTS_LEN, 5),
  oldolduname: (task, at) => shortUname(task, at, OLD_UTS_LEN, 5),
  nice: sysNice,
  getuid: (task) => shortId(task.cred.uid),
  getgid: (task) => shortId(task.cred.gid),
  geteuid: (task) => shortId(task.cred.euid),
  getegid: (task) => shortId(task.cred.egid),
  getuid32: (task) => task.cred.uid,
  getgid32: (task) => task.cred.gid,
  geteuid32: (task) => task.cred.euid,
  getegid32: (task) => task.cred.egid,
  getgroups: getgroups16,
  setgroups: setgroups16,
  getresuid: (task, ruid, euid, suid) => {
    const { uid, euid: effective, suid: saved } = task.cred;
    return putIds16(task, [ruid, euid, suid], [uid, effective, saved]);
  },
  getresgid: (task, rgid, egid, sgid) => {
    const { gid, egid: effective, sgid: saved } = task.cred;
    return putIds16(task, [rgid, egid, sgid], [gid, effective, saved]);
  },
  set_robust_list: setCompatRobustList,
  get_robust_list: getCompatRobustList,
  umount: (task, path) => call(task, "umount2", path, 0),
  set_thread_area: (task, at) => setThreadArea(task, task, at),
  get_thread_area: getThreadArea,
};

/** -1 stays -1. @linux include/linux/highuid.h `low2highuid` (6.18) */
function wideId(id: number): number {
  return (id & 0xffff) === 0xffff ? -1 : id & 0xffff;
}

/** An id of which 16 bits are too few is that of nobody. @linux include/linux/highuid.h `high2lowuid` (6.18) */
function shortId(id: number): number {
  return id > 0xffff ? OVERFLOW_ID : id;
}

function putIds16(task: Task, places: readonly number[], ids: readonly number[]): number {
  for (const [i, at] of places.entries()) {
    const id = Uint16Array.of(shortId(ids[i]!));
    if (copyToUser(task, at, new Uint8Array(id.buffer)) < 0) return -EFAULT;
  }
  return 0;
}

/** @linux kernel/uid16.c `getgroups16` (6.18) */
function getgroups16(task: Task, size: number, list: number): SysResult {
  const count = call(task, "getgroups", 0, 0);
  if ((size | 0) <= 0 || typeof count !== "number") return (size | 0) < 0 ? -EINVAL : count;
  const wide = new Scratch(task).take(count * 4);
  const found = call(task, "getgroups", size, wide);
  if (typeof found !== "number" || found < 0) return found;
  const groups = words32(task, wide, found) ?? [];
  const short = Uint16Array.from(groups, (group) => shortId(group >>> 0));
  return copyToUser(task, list, new Uint8Array(short.buffer)) < 0 ? -EFAULT : found;
}

/** @linux kernel/uid16.c `setgroups16` (6.18) */
function setgroups16(task: Task, size: number, list: number): SysResult {
  if (size >>> 0 > NGROUPS_MAX) return call(task, "setgroups", size, list);
  const bytes = copyFromUser(task, list, (size >>> 0) * 2);
  // Whether it may at all comes first: the call finds the fault as well.
  if (typeof bytes === "number") return call(task, "setgroups", size, list);
  const groups = Uint32Array.from(new Uint16Array(bytes.buffer), wideId);
  const wide = new Scratch(task).bytes(new DataView(groups.buffer));
  return call(task, "setgroups", size, wide);
}

/** @linux kernel/sys.c `COMPAT_SYSCALL_DEFINE2(getrlimit)`, `old_getrlimit` (6.18) */
function getrlimit(task: Task, resource: number, at: number, most: number): SysResult {
  const wide = new Scratch(task).take(16);
  return andThen(call(task, "getrlimit", resource, wide), (result) => {
    if (result < 0) return result;
    const view = structFromUser(task, wide, 16);
    if (typeof view === "number") return -EFAULT;
    const limits = [0, 8].map((place) => {
      const limit = getInt64(view, place);
      return limit < 0 || limit > most ? most : limit;
    });
    return putWords32(task, at, limits);
  });
}

function setrlimit32(task: Task, resource: number, at: number): SysResult {
  const limits = words32(task, at, 2);
  if (limits === undefined) return -EFAULT;
  const wide = new Scratch(task).put(
    limits.map((word) => {
      const limit = word >>> 0;
      return limit === COMPAT_RLIM_INFINITY ? RLIM_INFINITY : limit;
    }),
  );
  return wide < 0 ? wide : call(task, "setrlimit", resource, wide);
}

/** Memory that words of 32 bits cannot count is told in larger units. @linux kernel/sys.c `COMPAT_SYSCALL_DEFINE1(sysinfo)` */
function sysinfo32(task: Task, at: number): SysResult {
  const wide = new Scratch(task).take(SYSINFO_BYTES);
  return andThen(call(task, "sysinfo", wide), (result) => {
    if (result < 0) return result;
    const view = structFromUser(task, wide, SYSINFO_BYTES);
    if (typeof view === "number") return -EFAULT;
    const word = (i: number): number => getInt64(view, i * 8);
    let unit = view.getUint32(104, true);
    let divisor = 1;
    while (word(4) / divisor > 0xffffffff && unit < 4096) {
      unit *= 2;
      divisor *= 2;
    }
    const sizes = [4, 5, 6, 7, 8, 9].map((i) => Math.floor(word(i) / divisor));
    const procs = view.getUint16(80, true);
    const loads = [1, 2, 3].map(word);
    return putWords32(task, at, [word(0), ...loads, ...sizes, procs, 0, 0, unit, 0, 0]);
  });
}

/** Its first five fields, in the lengths they once had. @linux kernel/sys.c `olduname`, `oldolduname` (6.18) */
function shortUname(task: Task, at: number, length: number, fields: number): SysResult {
  if (at === 0) return -EFAULT;
  const wide = new Scratch(task).take(NEW_UTS_LEN * UTS_FIELDS);
  return andThen(call(task, "uname", wide), (result) => {
    if (result < 0) return result;
    const names = copyFromUser(task, wide, NEW_UTS_LEN * UTS_FIELDS);
    if (typeof names === "number") return names;
    const short = new Uint8Array(length * fields);
    for (let i = 0; i < fields; i++) {
      const from = i * NEW_UTS_LEN;
      // Cut off, with a zero at the end.
      short.set(names.subarray(from, from + length - 1), i * length);
    }
    return copyToUser(task, at, short);
  });
}
