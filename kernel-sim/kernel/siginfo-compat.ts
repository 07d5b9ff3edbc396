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
