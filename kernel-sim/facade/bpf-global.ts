import type { BpfToolkit, Recording } from "../api.ts";
import type { BpfDoor } from "../bpf/sys/door.ts";
import { EINVAL } from "../include/errno.ts";
import type { SocketFilters } from "../net/core/filter.ts";
import { type BpfPart, installedBpfPart } from "./bpf-part.ts";
import { facade } from "./facade.ts";

/** The globals `bpf` and `recordings` of every cell; what cannot be used without the BPF part says so when it is used. */
export function bpfGlobals(): Pick<BpfPart, "recordings"> & { readonly bpf: BpfToolkit } {
  const part = installedBpfPart();
  if (part !== undefined) return { bpf: part.toolkit, recordings: part.recordings };
  return { bpf: absentToolkit, recordings: absentRecordings };
}

/** Whoever uses BPF where it was not loaded is told when it would have been. */
export function failWithoutBpf(): never {
  throw new Error(NO_BPF);
}

/** What programs on a machine without the BPF part find in its place: they have named it by a number only. */
export const absentDoor: BpfDoor = Object.freeze({
  call: failWithoutBpf,
  hold: failWithoutBpf,
  release: failWithoutBpf,
  nameOf: failWithoutBpf,
  fdinfoOf: failWithoutBpf,
});

export const absentFilters: SocketFilters = Object.freeze({
  classic: failWithoutBpf,
  // Without BPF nothing that a descriptor stands for is a program of it.
  ofObject: () => -EINVAL,
});

const absentToolkit: BpfToolkit = facade({
  asm: failWithoutBpf,
  program: failWithoutBpf,
  disassemble: failWithoutBpf,
  get insn() {
    return failWithoutBpf();
  },
  get tnum() {
    return failWithoutBpf();
  },
  get classic() {
    return failWithoutBpf();
  },
} satisfies BpfToolkit);

const absentRecordings: BpfPart["recordings"] = facade({
  get second(): Recording {
    return failWithoutBpf();
  },
});

const NO_BPF =
  "BPF is not loaded here: it comes when the text of a cell has bpf, recordings, replay or SO_ATTACH_FILTER in it";
