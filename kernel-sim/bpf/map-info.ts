import { EBADFD, EINVAL } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";

/** @linux include/uapi/linux/bpf.h `struct bpf_map_info` (6.18) */
export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Without those that belong to a descriptor. */
  readonly mapFlags: number;
  readonly name: string;
  readonly mapExtra: number;
}

/**
 * @linux kernel/bpf/syscall.c `bpf_obj_get_info_by_fd`, `bpf_map_get_info_by_fd` (6.18)
 * @spec bpf(2) BPF_OBJ_GET_INFO_BY_FD
 */
export function mapGetInfo(kernel: BpfKernel, fd: number): MapInfo | number {
  const map = kernel.mapOfFd(fd);
  // Here, and only here, it is not EBADF.
  if (map === undefined) return kernel.hasFile(fd) ? -EINVAL : -EBADFD;
  const { mapType: type, keySize, valueSize, maxEntries, mapFlags, name, mapExtra } = map.attr;
  return { type, id: map.id, keySize, valueSize, maxEntries, mapFlags, name, mapExtra };
}
