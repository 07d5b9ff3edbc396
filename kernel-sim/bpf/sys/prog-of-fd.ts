import { EBADF, EINVAL } from "../../include/errno.ts";
import { KernelMap } from "../maps/map.ts";
import { LoadedProgram } from "../program.ts";
import type { DescriptorTable } from "./caller.ts";

/**
 * The program behind a descriptor, of one type if that matters.
 *
 * @linux kernel/bpf/syscall.c `bpf_prog_get`, `bpf_prog_get_type` (6.18)
 */
export function progOfFd(
  files: DescriptorTable,
  fd: number,
  type?: number,
): LoadedProgram | number {
  const prog = files.get(fd);
  if (!(prog instanceof LoadedProgram)) return files.has(fd) ? -EINVAL : -EBADF;
  return type === undefined || prog.type === type ? prog : -EINVAL;
}

/** @linux kernel/bpf/syscall.c `bpf_map_get` (6.18) */
export function mapOfFd(files: DescriptorTable, fd: number): KernelMap | number {
  const map = files.get(fd);
  if (map instanceof KernelMap) return map;
  return files.has(fd) ? -EINVAL : -EBADF;
}
