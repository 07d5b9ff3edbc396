import type { Recording } from "../api.ts";
import type { wholeKernelTypes } from "../bpf/btf/whole-kernel-types.ts";
import type { wholeMoreTypes } from "../bpf/btf/whole-more-types.ts";
import type { wholeTyped } from "../bpf/btf/whole-typed.ts";
import type { wholeCheckedRuns } from "../bpf/checked/whole-checked-runs.ts";
import type { wholeJit } from "../bpf/jit/whole-jit.ts";
import type { sysBpf } from "../bpf/sys/sys-bpf.ts";
import type { wholeKernelCalls } from "../bpf/verifier/whole-kernel-calls.ts";
import type { wholeXlate } from "../bpf/xlate/whole-xlate.ts";
import type { BpfPart } from "./bpf-part.ts";
import type { KernelPart } from "./kernel-part.ts";
import type { wholeExplanations } from "./whole-explanations.ts";

/** What of the simulator a page loads only when a cell needs it. */
export interface SimulatorParts {
  readonly bpf: BpfPart;
  readonly "bpf-calls": typeof sysBpf;
  readonly "checked-runs": typeof wholeCheckedRuns;
  readonly explanations: typeof wholeExplanations;
  readonly jit: typeof wholeJit;
  readonly kernel: KernelPart;
  readonly "kernel-calls": typeof wholeKernelCalls;
  readonly "kernel-types": typeof wholeKernelTypes;
  readonly "more-types": typeof wholeMoreTypes;
  readonly recordings: Readonly<Record<"second", Recording>>;
  readonly typed: typeof wholeTyped;
  readonly xlate: typeof wholeXlate;
}

export type PartName = keyof SimulatorParts;

/** Set before the first machine boots: by the whole simulator itself, or by whoever loads it in parts. */
const installed: Partial<SimulatorParts> = {};
let missed: (name: PartName) => void = () => undefined;

/** @param onMissed told of a part that is needed and not there, before the code that needs it fails */
export function installParts(
  parts: Partial<SimulatorParts>,
  onMissed?: (name: PartName) => void,
): void {
  Object.assign(installed, parts);
  if (onMissed !== undefined) missed = onMissed;
}

/** A part, if it is there. */
export function installedPart<N extends PartName>(name: N): SimulatorParts[N] | undefined {
  return installed[name];
}

/** A part that is needed now. */
export function neededPart<N extends PartName>(name: N): SimulatorParts[N] {
  const part = installed[name];
  if (part !== undefined) return part;
  missed(name);
  throw new Error(`${NOT_HERE[name]} in it`);
}

const NOT_HERE: Readonly<Record<PartName, string>> = {
  bpf: "BPF is not loaded here: it comes with a text that has bpf, replay or SO_ATTACH_FILTER",
  "bpf-calls": "bpf(2) is not loaded here: it comes with a text that has sys_bpf",
  "checked-runs":
    "runs under checks are not loaded here: they come with a text that has runUnverified",
  explanations:
    "explanations and steps are not loaded here: they come with a text that has explanation or steps",
  jit: "the compiler of BPF is not loaded here: it comes with a text that has jit, repeat or bpf_loop",
  "kernel-calls":
    "calls of the kernel's functions are not loaded here: they come with a text that has kfunc",
  "kernel-types":
    "the kernel's types are not loaded here: they come with a text that has btf, attach or replay",
  kernel:
    "the kernel is not loaded here: it comes with a text that has a generator function, function* (sys) { … }, i386, x86, explore() or a method of a machine's programs",
  "more-types":
    "all of the kernel's types are not loaded here: they come when a program first names one of them",
  recordings: "recordings are not loaded here: they come with a text that has recordings",
  typed:
    "relocations, tables of functions and values as text are not loaded here: they come when a program first needs one",
  xlate: "rewritten programs are not loaded here: they come with a text that has xlated",
};
