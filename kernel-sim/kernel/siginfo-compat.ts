import { siginfoLayout } from "./siginfo-layout.ts";
import type { KernelSiginfo } from "./signal-struct.ts";

const SIGINFO_SIZE = 128;

/**
 * The `siginfo_t` of a 32-bit program.
 *
 * @linux kernel/signal.c `copy_siginfo_to_external32`, include/linux/compat.h `compat_siginfo` (6.18)
 */
export function compatSiginfoBytes(info: KernelSiginfo): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number | undefined) => view.setUint32(at, value ?? 0, true);
  put(0, info.signo);
  put(4, info.errno);
  put(8, info.code);
  const layout = siginfoLayout(info.signo, info.code);
  switch (layout) {
    case "timer":
      put(12, info.timerId);
      put(16, info.overrun);
      put(20, info.value);
      break;
    case "poll":
      put(12, info.band);
      put(16, info.fd);
      break;
    case "fault":
      put(12, info.addr);
      break;
    case "sys":
      put(12, info.callAddr);
      put(16, info.syscall);
      put(20, info.arch);
      break;
    default:
      put(12, info.pid);
      put(16, info.uid);
      if (layout === "rt") put(20, info.value);
      if (layout === "chld") {
        put(20, info.status);
        put(24, info.utime);
        put(28, info.stime);
      }
  }
  return bytes;
}

/**
 * What a 32-bit program has filled in; `wanted` takes the place of the signal's number in memory.
 *
 * @linux kernel/signal.c `post_copy_siginfo_from_user32` (6.18)
 */
export function parseCompatSiginfo(bytes: Uint8Array, wanted: number | undefined): KernelSiginfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const signed = (at: number) => view.getInt32(at, true);
  const unsigned = (at: number) => view.getUint32(at, true);
  const signo = wanted ?? signed(0);
  const head = { signo, errno: signed(4), code: signed(8) };
  const ids = { pid: signed(12), uid: unsigned(16) };
  switch (siginfoLayout(signo, head.code)) {
    case "timer":
      return { ...head, timerId: signed(12), overrun: signed(16), value: signed(20) };
    case "poll":
      return { ...head, band: signed(12), fd: signed(16) };
    case "fault":
      return { ...head, addr: unsigned(12) };
    case "sys":
      return { ...head, callAddr: unsigned(12), syscall: signed(16), arch: unsigned(20) };
    case "chld":
      return { ...head, ...ids, status: signed(20), utime: signed(24), stime: signed(28) };
    case "rt":
      return { ...head, ...ids, value: signed(20) };
    default:
      return { ...head, ...ids };
  }
}
