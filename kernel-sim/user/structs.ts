/** Structures that calls fill or take, between their bytes and the objects that a program sees. */

import type { InetAddress, ResourceUsage, SystemInfo } from "../api-kernel.ts";
import { AF_INET } from "../include/uapi/socket.ts";
import { getInt64 } from "../mm/uaccess.ts";

const NS_PER_US = 1000;

/** @linux include/uapi/linux/resource.h `struct rusage` (6.18) */
export function resourceUsage(view: DataView): ResourceUsage {
  const timeval = (at: number) => getInt64(view, at) * 1e9 + getInt64(view, at + 8) * NS_PER_US;
  return Object.freeze({
    utimeNs: timeval(0),
    stimeNs: timeval(16),
    maxrssKiB: getInt64(view, 32),
    minflt: getInt64(view, 64),
    majflt: getInt64(view, 72),
    nvcsw: getInt64(view, 128),
    nivcsw: getInt64(view, 136),
  });
}

/** @linux include/uapi/linux/sysinfo.h `struct sysinfo` (6.18) */
export function systemInfo(view: DataView): SystemInfo {
  const unit = view.getUint32(104, true);
  return Object.freeze({
    uptimeSeconds: getInt64(view, 0),
    totalramBytes: getInt64(view, 32) * unit,
    freeramBytes: getInt64(view, 40) * unit,
    procs: view.getUint16(80, true),
  });
}

/** @linux include/uapi/linux/in.h `struct sockaddr_in` (6.18) */
export function sockaddrIn({ port, addr = "0.0.0.0" }: InetAddress): Uint8Array {
  const parts = String(addr).split(".").map(Number);
  const isAddress =
    parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  if (!isAddress) throw new TypeError(`an Internet address is like "127.0.0.1", not ${addr}`);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(parts, 4);
  return bytes;
}
