import { E2BIG, EFAULT } from "../include/errno.ts";
import { copyFromUser, copyToUser, getInt64, setInt64 } from "../mm/uaccess.ts";
import { isCompat } from "./entry/invoke.ts";
import { compatSiginfoBytes, parseCompatSiginfo } from "./siginfo-compat.ts";
import { isLayoutKnown, siginfoLayout } from "./siginfo-layout.ts";
import type { KernelSiginfo } from "./signal-struct.ts";
import type { Task } from "./task.ts";

/** What a program sees, and the part of it that the kernel keeps. */
const SIGINFO_SIZE = 128;
const KERNEL_SIGINFO_SIZE = 48;

/**
 * The `siginfo_t` of a program for `info`.
 *
 * @linux kernel/signal.c `copy_siginfo_to_user`, include/uapi/asm-generic/siginfo.h (6.18)
 */
export function siginfoBytes(info: KernelSiginfo): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  if (info.raw !== undefined) bytes.set(info.raw);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  switch (siginfoLayout(info.signo, info.code)) {
    case "timer":
      view.setInt32(16, info.timerId ?? 0, true);
      view.setInt32(20, info.overrun ?? 0, true);
      setInt64(view, 24, info.value ?? 0);
      break;
    case "poll":
      setInt64(view, 16, info.band ?? 0);
      view.setInt32(24, info.fd ?? 0, true);
      break;
    case "fault":
      setInt64(view, 16, info.addr ?? 0);
      if (info.trapno !== undefined) view.setInt32(24, info.trapno, true);
      break;
    case "sys":
      setInt64(view, 16, info.callAddr ?? 0);
      view.setInt32(24, info.syscall ?? 0, true);
      view.setUint32(28, info.arch ?? 0, true);
      break;
    case "chld":
      putIds(view, info);
      view.setInt32(24, info.status ?? 0, true);
      setInt64(view, 32, info.utime ?? 0);
      setInt64(view, 40, info.stime ?? 0);
      break;
    case "rt":
      putIds(view, info);
      // A value given by a program is passed on byte by byte: it may be a pointer.
      if (info.raw === undefined) setInt64(view, 24, info.value ?? 0);
      break;
    default:
      putIds(view, info);
  }
  return bytes;
}

function putIds(view: DataView, info: KernelSiginfo): void {
  view.setInt32(16, info.pid ?? 0, true);
  view.setUint32(20, info.uid ?? 0, true);
}

/** 0 or -EFAULT. */
export function copySiginfoToUser(task: Task, addr: number, info: KernelSiginfo): number {
  return copyToUser(task, addr, isCompat(task) ? compatSiginfoBytes(info) : siginfoBytes(info));
}

/**
 * What a program has filled in, -EFAULT, or -E2BIG when it says more than this kernel understands. `signo`
 * takes the place of the one in memory.
 *
 * @linux kernel/signal.c `__copy_siginfo_from_user` (6.18)
 */
export function copySiginfoFromUser(
  task: Task,
  addr: number,
  signo?: number,
): KernelSiginfo | number {
  if (isCompat(task)) {
    const compat = copyFromUser(task, addr, SIGINFO_SIZE);
    return typeof compat === "number" ? compat : parseCompatSiginfo(compat, signo);
  }
  const bytes = copyFromUser(task, addr, KERNEL_SIGINFO_SIZE);
  if (typeof bytes === "number") return bytes;
  const info = parseSiginfo(bytes, signo);
  if (!isLayoutKnown(info.signo, info.code)) {
    const rest = copyFromUser(task, addr + KERNEL_SIGINFO_SIZE, SIGINFO_SIZE - KERNEL_SIGINFO_SIZE);
    if (typeof rest === "number") return -EFAULT;
    if (rest.some((byte) => byte !== 0)) return -E2BIG;
  }
  return info;
}

function parseSiginfo(raw: Uint8Array, wanted: number | undefined): KernelSiginfo {
  const view = new DataView(raw.buffer, raw.byteOffset);
  const signo = wanted ?? view.getInt32(0, true);
  const errno = view.getInt32(4, true);
  const code = view.getInt32(8, true);
  const head = { signo, errno, code, raw };
  const ids = { pid: view.getInt32(16, true), uid: view.getUint32(20, true) };
  switch (siginfoLayout(signo, code)) {
    case "timer":
      return {
        ...head,
        timerId: view.getInt32(16, true),
        overrun: view.getInt32(20, true),
        value: getInt64(view, 24),
      };
    case "poll":
      return { ...head, band: getInt64(view, 16), fd: view.getInt32(24, true) };
    case "fault":
      return { ...head, addr: getInt64(view, 16) };
    case "sys":
      return {
        ...head,
        callAddr: getInt64(view, 16),
        syscall: view.getInt32(24, true),
        arch: view.getUint32(28, true),
      };
    case "chld":
      return {
        ...head,
        ...ids,
        status: view.getInt32(24, true),
        utime: getInt64(view, 32),
        stime: getInt64(view, 40),
      };
    case "rt":
      return { ...head, ...ids, value: getInt64(view, 24) };
    default:
      return { ...head, ...ids };
  }
}
