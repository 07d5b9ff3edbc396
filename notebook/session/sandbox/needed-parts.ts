import { PART_NAMES } from "../../runtime/part-names.ts";

/** Scripts that only some texts need, in the order in which they stand in front of the Worker's own. */
const SANDBOX_PARTS = [...PART_NAMES, "course-data"] as const;

export type SandboxPart = (typeof SANDBOX_PARTS)[number];

/** They take from BPF's script what it holds, and nobody else needs them. */
export const ABOVE_BPF: ReadonlySet<SandboxPart> = new Set<SandboxPart>([
  "bpf-calls",
  "checked-runs",
  "explanations",
  "jit",
  "kernel-calls",
  "kernel-types",
  "more-types",
  "typed",
  "xlate",
]);

/** Programs are generator functions; what starts them or looks at them has these names. */
const PROGRAMS = /\bfunction\s*\*|\*\s*[\w$]+\s*\(\s*sys\b/;
const METHODS =
  /\.\s*(?:spawn|install|terminal|console|kernel|past|runUntilStop|runFor|runUntilIdle|stepInstruction|readFile|writeFile|processes|descriptors|consoleOutput)\b/;
/** Machine code, assembled and run. */
const I386 = /\bi386\b/;
const EXPLORE = /\bexplore\s*\(/;

/** Its doors, and code that is added to it. */
const DOORS = /\b(?:x86|SYSCALL_DEFINE|systemCalls|kernelLog)\b/;

/** Names and numbers of BPF all have it in them, but for classic filters and what only fires programs. */
const BPF = /bpf|ATTACH_FILTER|\breplay\b/i;

/** The system call, which programs of BPF know as a helper. */
const BPF_CALLS = /(?:sys|nr)_bpf\b/i;

const CHECKED_RUNS = /\brunUnverified\b/;

const EXPLANATIONS = /explanation|\bsteps(?:Text)?\b/;

/** Who looks at what the compiler makes, or surely runs for long. */
const JIT = /\b(?:jit|repeat|bpf_loop|may_goto)\b/;

/** Functions of the kernel that programs call. */
const KERNEL_CALLS = /kfunc/i;

/** Tasks that programs are told of, and all that is named by its type. */
const KERNEL_TYPES = /\b(?:attach|replay)\b|kfunc|btf/i;

/** All of the types, which what was compiled for another kernel is fitted to. */
const MORE_TYPES = /\bcore_?relo/i;

/** Relocations, and tables of functions that programs stand behind. */
const TYPED = /\bcore_?relo|struct_?ops|_btf\b/i;

const RECORDINGS = /\brecordings\b/;

/** Who looks at what Linux makes of a program. */
const XLATE = /\bxlated\b/;

const COURSE_DATA = /\b(?:earlyLinux|linuxStatistics|unixFamily|course-data)\b/;

/** What the sandbox needs for a text besides its base. What no word tells is missed, and then loaded, as the text runs. */
export function neededParts(source: string): readonly SandboxPart[] {
  const needs: Record<SandboxPart, boolean> = {
    bpf: BPF.test(source),
    "bpf-calls": BPF_CALLS.test(source),
    "checked-runs": CHECKED_RUNS.test(source),
    explanations: EXPLANATIONS.test(source),
    jit: JIT.test(source),
    "kernel-calls": KERNEL_CALLS.test(source),
    "kernel-types": KERNEL_TYPES.test(source),
    "more-types": MORE_TYPES.test(source),
    recordings: RECORDINGS.test(source),
    typed: TYPED.test(source),
    xlate: XLATE.test(source),
    kernel: [DOORS, PROGRAMS, METHODS, I386, EXPLORE].some((names) => names.test(source)),
    "course-data": COURSE_DATA.test(source),
  };
  return SANDBOX_PARTS.filter((part) => needs[part]);
}

/** Of these parts those that a Worker is made of, in their order. */
export function partsOfWorker(parts: ReadonlySet<SandboxPart>): readonly SandboxPart[] {
  return SANDBOX_PARTS.filter(
    (part) => parts.has(part) && (parts.has("bpf") || !ABOVE_BPF.has(part)),
  );
}
