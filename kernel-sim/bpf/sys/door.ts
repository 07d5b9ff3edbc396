import type { BpfKernel, BpfObject } from "../kernel.ts";
import { KernelLink, linkFdinfo } from "../link/link.ts";
import { KernelMap } from "../maps/map.ts";
import { LoadedProgram } from "../program.ts";
import type { BpfCaller } from "./caller.ts";
import { sysBpf } from "./sys-bpf.ts";

/** How the kernel that runs programs reaches BPF. */
export interface BpfDoor {
  /** A call of bpf(2). @param size of the block at `attr`, in bytes */
  call(caller: BpfCaller, command: number, attr: number, size: number): number;
  hold(object: BpfObject): void;
  release(object: BpfObject): void;
  /** What a descriptor of the object is called in /proc/PID/fd. */
  nameOf(object: BpfObject): string;
  /** Its own lines of /proc/PID/fdinfo. */
  fdinfoOf(object: BpfObject): string;
}

/** @param open the BPF of the machine, made at its first use */
export function bpfDoor(open: () => BpfKernel): BpfDoor {
  return {
    call: (caller, command, attr, size) => sysBpf(open(), caller, command, attr, size),
    hold: (object) => open().objects.hold(object),
    release: (object) => open().objects.release(object),
    nameOf(object) {
      if (object instanceof KernelMap) return "bpf-map";
      if (object instanceof LoadedProgram) return "bpf-prog";
      // The file that comes with a link is named otherwise than those that are made for it later.
      if (object instanceof KernelLink) return object.id === 0 ? "bpf_link" : "bpf-link";
      return object.id === 0 ? "bpf-stats" : "btf";
    },
    fdinfoOf: (object) => (object instanceof KernelLink ? linkFdinfo(object) : ""),
  };
}
