/** The figures that a lecture may name, and what the simulator has found out for each of them. */

import type {
  EntryDoor,
  EntryRun,
  FrameLayout,
  SyscallTableRow,
  TwinRun,
} from "./entry-figures.ts";
import type { WriteLayers } from "./figure-history.ts";
import type { JitComparison } from "./figure-jit.ts";

import type {
  AddressStory,
  MapLecture,
  ModeRun,
  RegisterRun,
  StateStory,
} from "./figure-process.ts";
import type {
  DescriptorStory,
  ElfMap,
  LinkStory,
  PathStory,
  PipeStory,
  ProcessStory,
} from "./figure-unix.ts";

/** Names of the course's figures, as a lecture writes them in `<Figure name="…" />`. */
export const FIGURE_NAMES = [
  "address-space",
  "annotated-post",
  "bpf-pipeline",
  "bpf-timeline",
  "descriptor-table",
  "elf-map",
  "entry-doors",
  "int80-steps",
  "jit-side-by-side",
  "kernel-map",
  "mode-context",
  "link-order",
  "os-models",
  "path-walk",
  "pipe-gauge",
  "process-tree",
  "pt-regs-frame",
  "register-panel",
  "state-wheel",
  "statistic-card",
  "unix-family",
  "syscall-table",
  "tnum-dial",
  "twin-stacks",
  "verifier-stepper",
  "write-layers",
] as const;

export type FigureName = (typeof FIGURE_NAMES)[number];

/** What a figure draws: plain data, worked out on the server. Two of them bring their own. */
export type FigureData =
  | { readonly name: "os-models" }
  | { readonly name: "kernel-map"; readonly lectures: readonly MapLecture[] }
  | { readonly name: "register-panel"; readonly runs: readonly RegisterRun[] }
  | { readonly name: "address-space"; readonly stories: readonly AddressStory[] }
  | { readonly name: "state-wheel"; readonly stories: readonly StateStory[] }
  | { readonly name: "mode-context"; readonly runs: readonly ModeRun[] }
  | { readonly name: "annotated-post" }
  | { readonly name: "statistic-card" }
  | { readonly name: "unix-family" }
  | ({ readonly name: "write-layers" } & WriteLayers)
  | { readonly name: "bpf-timeline" }
  | { readonly name: "entry-doors"; readonly doors: readonly EntryDoor[] }
  | { readonly name: "twin-stacks"; readonly runs: readonly TwinRun[] }
  | { readonly name: "int80-steps"; readonly runs: readonly EntryRun[] }
  | { readonly name: "pt-regs-frame"; readonly frames: readonly FrameLayout[] }
  | ({ readonly name: "bpf-pipeline" } & PipelineRun)
  | ({ readonly name: "jit-side-by-side" } & JitComparison)
  | { readonly name: "descriptor-table"; readonly stories: readonly DescriptorStory[] }
  | { readonly name: "elf-map"; readonly map: ElfMap }
  | { readonly name: "link-order"; readonly stories: readonly LinkStory[] }
  | { readonly name: "path-walk"; readonly stories: readonly PathStory[] }
  | { readonly name: "pipe-gauge"; readonly stories: readonly PipeStory[] }
  | { readonly name: "process-tree"; readonly stories: readonly ProcessStory[] }
  | { readonly name: "syscall-table"; readonly rows: readonly SyscallTableRow[] }
  | ({ readonly name: "tnum-dial" } & TnumExample)
  | { readonly name: "verifier-stepper"; readonly traces: readonly VerifierTrace[] };

/** One program on its way from its text to an event. */
export interface PipelineRun {
  readonly insns: readonly PipelineInsn[];
  readonly programType: string;
  readonly slots: number;
  readonly insnsProcessed: number;
  readonly tracepoint: string;
  readonly eventsReplayed: number;
  readonly runs: number;
  readonly counter: string;
}

export interface PipelineInsn {
  /** Its first slot. */
  readonly slot: number;
  readonly source: string;
  readonly comment: string;
  /** Its bytes in hexadecimal, one text a slot of eight. */
  readonly bytes: readonly string[];
  /** What the verifier knows after it, in Linux's notation; "" when it prints nothing. */
  readonly known: string;
  /** As the kernel keeps it after the verifier's rewrites. */
  readonly xlated: string;
}

/** Two tnums and their sum, bits as text from the highest of sixteen: `0`, `1` or `x`. */
export interface TnumExample {
  readonly a: string;
  readonly b: string;
  readonly sum: TnumFacts;
  readonly aText: string;
  readonly bText: string;
}

export interface TnumFacts {
  /** All sixty-four bits, from the highest. */
  readonly bits: string;
  /** As Linux prints it: `(0x0; 0xf8)`. */
  readonly text: string;
  readonly smallest: string;
  readonly largest: string;
  readonly count: string;
}

/** What the verifier did with one program, step by step. */
export interface VerifierTrace {
  /** Unique in its figure; part of an address. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  readonly isAccepted: boolean;
  /** The explaining line of a refusal. */
  readonly error: string;
  readonly insnsProcessed: number;
  readonly program: readonly { readonly slot: number; readonly text: string }[];
  /** All registers and stack slots that are known anywhere on the way, in the order of the log. */
  readonly registers: readonly string[];
  readonly stackSlots: readonly string[];
  readonly steps: readonly TraceStep[];
  readonly paths: readonly TracePath[];
}

export interface TraceStep {
  readonly slot: number;
  /** Place in `paths`. */
  readonly path: number;
  /** The step before it on its way from the entry; absent for the first one. */
  readonly comesFrom?: number;
  /** What is known before the instruction. */
  readonly registers: Readonly<Record<string, RegisterFacts>>;
  readonly stack: Readonly<Record<string, string>>;
  readonly reach?: Reach;
  /** What Linux prints behind the instruction. */
  readonly after: string;
  /** What had to be known exactly for this step, and how far back: `R6, back to instruction 0`. */
  readonly exact?: string;
  readonly end?: "exit" | "pruned" | "refused";
  /** The step whose state covers this one. */
  readonly prunedBy?: number;
}

/** Bytes of a map's value, counted from its first. */
export interface Reach {
  readonly register: string;
  readonly valueSize: number;
  readonly from: number;
  readonly last: number;
  /** Whether the step touches them; else its pointer only may point there. */
  readonly isAccess: boolean;
}

export interface RegisterFacts {
  readonly type: string;
  readonly range: string;
  /** The low byte, from the highest bit; "" for a pointer at a fixed place. */
  readonly bits: string;
}

export interface TracePath {
  /** The step at which it was put aside; absent for the first path. */
  readonly branchedAt?: number;
}
