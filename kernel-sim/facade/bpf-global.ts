import type { BpfToolkit } from "../api.ts";
import { EINVAL } from "../include/errno.ts";
import type { MachineBpf } from "./bpf-part.ts";
import { facade } from "./facade.ts";
import { installedPart, neededPart, type SimulatorParts } from "./parts.ts";

/** The globals `bpf` and `recordings` of every cell; what they do comes with their parts. */
export function bpfGlobals(): Pick<SimulatorParts, "recordings"> & { readonly bpf: BpfToolkit } {
  return {
    bpf: installedPart("bpf")?.toolkit ?? absentToolkit,
    recordings: installedPart("recordings") ?? absentRecordings,
  };
}

/** What machines have where the BPF part was not loaded. */
export const absentBpf: MachineBpf = Object.freeze({
  get syscall() {
    return failWithoutBpf();
  },
  replay: failWithoutBpf,
  joinKernel({ kernel }) {
    // Whoever comes here has named BPF by a number only.
    kernel.hooks.bpf = {
      call: failWithoutBpf,
      hold: failWithoutBpf,
      release: failWithoutBpf,
      nameOf: failWithoutBpf,
      fdinfoOf: failWithoutBpf,
      vmlinuxBtf: failWithoutBpf,
      kallsyms: failWithoutBpf,
      read: failWithoutBpf,
      isIter: failWithoutBpf,
      iterOf: failWithoutBpf,
      arenaOf: failWithoutBpf,
      mapOf: failWithoutBpf,
      pollableOf: failWithoutBpf,
      mmap: failWithoutBpf,
      sharedPages: failWithoutBpf,
      setPerf: failWithoutBpf,
      freePerf: () => {},
      perfPrograms: failWithoutBpf,
    };
    kernel.hooks.perfPlaces = {
      tracepoint: failWithoutBpf,
      kprobe: failWithoutBpf,
      kprobeAt: failWithoutBpf,
      watch: failWithoutBpf,
      overflow: () => {},
    };
    // Nothing that a descriptor stands for can be one of its programs.
    kernel.hooks.socketFilters = { classic: failWithoutBpf, ofObject: () => -EINVAL };
  },
  close() {},
} satisfies MachineBpf);

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

const absentRecordings: SimulatorParts["recordings"] = facade({
  get second() {
    return neededPart("recordings").second;
  },
});

/** The part is asked for, so that whoever loads parts hears of it. */
function failWithoutBpf(): never {
  neededPart("bpf");
  throw new Error("BPF came while it was missed");
}
