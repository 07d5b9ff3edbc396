import { getOwn, setOwn } from "../fs/fcntl.ts";
import { EFAULT, EINVAL, ENODEV, ENOIOCTLCMD, ENOTTY } from "../include/errno.ts";
import { finish, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../mm/uaccess.ts";
import type { Socket } from "./socket.ts";

const FIOSETOWN = 0x8901;
const SIOCSPGRP = 0x8902;
const FIOGETOWN = 0x8903;
const SIOCGPGRP = 0x8904;
const SIOCGIFNAME = 0x8910;
const SIOCGIFCONF = 0x8912;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFADDR = 0x8915;
const SIOCGIFDSTADDR = 0x8917;
const SIOCGIFBRDADDR = 0x8919;
const SIOCGIFNETMASK = 0x891b;
const SIOCGIFMETRIC = 0x891d;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCGIFTXQLEN = 0x8942;

const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;
/** IFF_UP | IFF_LOOPBACK | IFF_RUNNING. */
const LO_FLAGS = 0x49;
const LO_MTU = 65_536;
const LO_INDEX = 1;
const ARPHRD_LOOPBACK = 772;

/** Commands of sockets; what the family does not know goes to the network devices. @linux net/socket.c `sock_ioctl` (6.18) */
export function sockIoctl(task: Task, sock: Socket, cmd: number, arg: number): SysResult {
  if (cmd === FIOSETOWN || cmd === SIOCSPGRP) {
    const who = getUser32(task, arg);
    return who === undefined ? -EFAULT : setOwn(task, sock.file, who);
  }
  if (cmd === FIOGETOWN || cmd === SIOCGPGRP) {
    return putUser32(task, arg, getOwn(task, sock.file)) < 0 ? -EFAULT : 0;
  }
  const answer = sock.ops.ioctl(task, sock, cmd >>> 0, arg);
  if (typeof answer !== "number") return afterFamily(task, cmd >>> 0, arg, answer);
  return answer === -ENOIOCTLCMD ? devIoctl(task, cmd >>> 0, arg) : answer;
}

function* afterFamily(
  task: Task,
  cmd: number,
  arg: number,
  call: MaySleep<number>,
): MaySleep<number> {
  const answer = yield* finish(call);
  return answer === -ENOIOCTLCMD ? devIoctl(task, cmd, arg) : answer;
}

/**
 * Questions about network devices.
 *
 * @linux net/core/dev_ioctl.c `dev_ioctl`, net/ipv4/devinet.c `devinet_ioctl` (6.18)
 * @simplified `lo` is the only device, and nothing about it can be set.
 */
function devIoctl(task: Task, cmd: number, arg: number): number {
  if (cmd < 0x8900 || cmd > 0x89ff) return -ENOTTY;
  if (cmd === SIOCGIFCONF) return ifconf(task, arg);
  const bytes = copyFromUser(task, arg, IFREQ_BYTES);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  if (cmd === SIOCGIFNAME) {
    if (view.getInt32(16, true) !== LO_INDEX) return -ENODEV;
    bytes.fill(0, 0, IFNAMSIZ);
    bytes.set([0x6c, 0x6f]);
    return copyToUser(task, arg, bytes) < 0 ? -EFAULT : 0;
  }
  const answer = ifreq(cmd, nameOf(bytes), view);
  if (answer < 0) return answer;
  return copyToUser(task, arg, bytes) < 0 ? -EFAULT : 0;
}

function nameOf(bytes: Uint8Array): string {
  const end = bytes.subarray(0, IFNAMSIZ - 1).indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? IFNAMSIZ - 1 : end));
}

function ifreq(cmd: number, name: string, view: DataView): number {
  const isKnown =
    cmd === SIOCGIFFLAGS ||
    cmd === SIOCGIFMETRIC ||
    cmd === SIOCGIFMTU ||
    cmd === SIOCGIFHWADDR ||
    cmd === SIOCGIFINDEX ||
    cmd === SIOCGIFTXQLEN ||
    cmd === SIOCGIFADDR ||
    cmd === SIOCGIFDSTADDR ||
    cmd === SIOCGIFBRDADDR ||
    cmd === SIOCGIFNETMASK;
  if (!isKnown) return -ENOTTY;
  if (name !== "lo") return -ENODEV;
  for (let at = IFNAMSIZ; at < IFREQ_BYTES; at += 4) view.setUint32(at, 0);
  if (cmd === SIOCGIFFLAGS) view.setUint16(16, LO_FLAGS, true);
  else if (cmd === SIOCGIFMTU) view.setInt32(16, LO_MTU, true);
  else if (cmd === SIOCGIFINDEX) view.setInt32(16, LO_INDEX, true);
  else if (cmd === SIOCGIFHWADDR) view.setUint16(16, ARPHRD_LOOPBACK, true);
  else if (cmd === SIOCGIFTXQLEN) view.setInt32(16, 1000, true);
  else if (cmd !== SIOCGIFMETRIC) {
    view.setUint16(16, 2, true);
    const address = cmd === SIOCGIFBRDADDR ? 0 : cmd === SIOCGIFNETMASK ? 0xff000000 : 0x7f000001;
    view.setUint32(20, address);
  }
  return 0;
}

/** The list of devices that have an address. */
function ifconf(task: Task, arg: number): number {
  const bytes = copyFromUser(task, arg, 16);
  if (typeof bytes === "number") return bytes;
  const view = new DataView(bytes.buffer);
  const room = view.getInt32(0, true);
  const addr = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
  if (room < 0) return -EINVAL;
  let len = IFREQ_BYTES;
  if (addr !== 0) {
    len = room >= IFREQ_BYTES ? IFREQ_BYTES : 0;
    const entry = new Uint8Array(len);
    if (len > 0) {
      entry.set([0x6c, 0x6f]);
      entry.set([2, 0, 0, 0, 127, 0, 0, 1], IFNAMSIZ);
    }
    if (copyToUser(task, addr, entry) < 0) return -EFAULT;
  }
  view.setInt32(0, len, true);
  return copyToUser(task, arg, bytes) < 0 ? -EFAULT : 0;
}
