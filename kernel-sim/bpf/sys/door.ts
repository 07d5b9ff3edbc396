import { EINVAL } from "../../include/errno.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { IterFile } from "../iter-file.ts";
import type { KernelSymbol } from "../kallsyms.ts";
import type { BpfKernel, BpfObject } from "../kernel.ts";
import { iterFileOf } from "../link/iter.ts";
import { BPF_LINK_TYPE_ITER, KernelLink, linkFdinfo } from "../link/link.ts";
import { perfEventFreeProg, perfEventSetProg, perfProgramsAt } from "../link/perf-event.ts";
import { StructOpsLink } from "../link/struct-ops.ts";
import { mmapByTask, type TaskRange } from "../map-mmap.ts";
import { ArenaMap } from "../maps/arena.ts";
import { KernelMap } from "../maps/map.ts";
import { RingbufMap } from "../maps/ringbuf.ts";
import type { PerfHook, PerfTarget } from "../perf-target.ts";
import type { Pollable } from "../pollable.ts";
import { LoadedProgram } from "../program.ts";
import type { SharedPages } from "../shared-pages.ts";
import { bpfCalls } from "./bpf-calls.ts";
import type { BpfCaller } from "./caller.ts";

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
  /** The kernel's own types, as BTF. */
  vmlinuxBtf(): Uint8Array;
  /** The kernel's symbols. @param withBpf with those that BPF has made */
  kallsyms(withBpf: boolean): Iterable<KernelSymbol>;
  /** What is read of the file of an iterator, at most `size` bytes, or a negative errno. */
  read(object: BpfObject, pid: number, size: number): Uint8Array | number;
  isIter(object: BpfObject): boolean;
  /** undefined: it is something else. */
  arenaOf(object: BpfObject): ArenaMap | undefined;
  /** undefined: it is no map. */
  mapOf(object: BpfObject): KernelMap | undefined;
  /** undefined: nobody can wait for it. */
  pollableOf(object: BpfObject): Pollable | undefined;
  /** A task has a map in its memory: 0 or a negative errno. */
  mmap(map: KernelMap, range: TaskRange): 0 | number;
  sharedPages(): SharedPages;
  /** Puts a program on an event of perf: 0 or a negative errno. */
  setPerf(event: PerfTarget, object: BpfObject): 0 | number;
  /** The event goes, with its program. */
  freePerf(event: PerfTarget): void;
  /** The numbers of the programs that share the place of an event. */
  perfPrograms(hook: PerfHook): readonly number[];
  /** An open file of the iterator whose link this is, or a negative errno. */
  iterOf(object: BpfObject): BpfObject | number;
}

/** @param open the BPF of the machine, made at its first use */
export function bpfDoor(open: () => BpfKernel): BpfDoor {
  return {
    call: (caller, command, attr, size) => bpfCalls()(open(), caller, command, attr, size),
    hold: (object) => open().objects.hold(object),
    release: (object) => open().objects.release(object),
    nameOf(object) {
      if (object instanceof KernelMap) return "bpf-map";
      if (object instanceof LoadedProgram) return "bpf-prog";
      // The file that comes with a link is named otherwise than those that are made for it later.
      if (object instanceof KernelLink) return object.id === 0 ? "bpf_link" : "bpf-link";
      if (object instanceof IterFile) return "bpf_iter";
      return object.id === 0 ? "bpf-stats" : "btf";
    },
    kallsyms: (withBpf) => open().kallsyms.all(withBpf),
    vmlinuxBtf: () => btfVmlinux().data,
    read(object, pid, size) {
      if (!(object instanceof IterFile)) return -EINVAL;
      const kernel = open();
      const before = kernel.current;
      kernel.current = kernel.living?.find(pid) ?? before;
      const text = object.read(size);
      kernel.current = before;
      return text;
    },
    arenaOf: (object) => (object instanceof ArenaMap ? object : undefined),
    mapOf: (object) => (object instanceof KernelMap ? object : undefined),
    pollableOf: (object) =>
      object instanceof RingbufMap || object instanceof StructOpsLink ? object : undefined,
    mmap: mmapByTask,
    sharedPages: () => open().sharedPages,
    setPerf: (event, object) =>
      object instanceof LoadedProgram ? perfEventSetProg(open(), event, object, 0n) : -EINVAL,
    freePerf(event) {
      if (event.program !== undefined) perfEventFreeProg(open(), event);
    },
    perfPrograms: (hook) => perfProgramsAt(open(), hook).map(({ prog }) => prog.id),
    isIter: (object) => object instanceof KernelLink && object.type === BPF_LINK_TYPE_ITER,
    iterOf: (object) => (object instanceof KernelLink ? iterFileOf(open(), object) : -EINVAL),
    fdinfoOf: (object) => (object instanceof KernelLink ? linkFdinfo(object) : ""),
  };
}
