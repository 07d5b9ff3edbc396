/** What the figures about a process, its memory, its states and the kernel's contexts draw. */

/** A lecture that a field of the kernel map opens, if it is there. */
export interface MapLecture {
  /** As the outline counts: 6. */
  readonly number: number;
  readonly slug: string;
}

/** A program of machine code, instruction by instruction. */
export interface RegisterRun {
  /** Unique in its figure; part of an address. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  /** The physical address of its page table. */
  readonly cr3: number;
  readonly program: readonly {
    readonly address: number;
    readonly text: string;
    readonly label?: string;
  }[];
  readonly steps: readonly RegisterStep[];
}

/** Registers as unsigned numbers, and the instruction that comes next. */
export interface RegisterStep {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  readonly eip: number;
  readonly eflags: number;
  readonly cs: number;
  readonly cpl: number;
  readonly at: number;
  readonly says: string;
  /** The program has ended here. */
  readonly isEnd?: boolean;
}

/** Address spaces at one moment after another. */
export interface AddressStory {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly moments: readonly AddressMoment[];
}

export interface AddressMoment {
  readonly says: string;
  readonly spaces: readonly AddressSpace[];
}

export interface AddressSpace {
  readonly pid: number;
  readonly comm: string;
  readonly regions: readonly AddressRegion[];
}

export interface AddressRegion {
  readonly start: number;
  readonly end: number;
  /** As /proc/PID/maps shows them: "rw-p". */
  readonly perms: string;
  readonly name: string;
  /** A letter for each page: `-` not there, `r` there for reading, `w` for writing, `s` as `r` and shared. */
  readonly pages: string;
  /** The frame of each page that is there, by its place. */
  readonly frames: Readonly<Record<number, number>>;
}

/** Tasks of one machine, each in a state, event by event. */
export interface StateStory {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly tasks: readonly { readonly pid: number; readonly comm: string }[];
  readonly moments: readonly StateMoment[];
}

export type WheelState =
  | "new"
  | "ready"
  | "running"
  | "sleeping"
  | "blocked"
  | "stopped"
  | "zombie"
  | "gone";

export interface StateMoment {
  /** In ns since boot. */
  readonly time: number;
  readonly says: string;
  /** Who has moved. */
  readonly pid: number;
  /** By the place of a task; undefined: not born yet. */
  readonly states: readonly (WheelState | undefined)[];
}

/** What one CPU did, stretch by stretch. */
export interface ModeRun {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly stretches: readonly ModeStretch[];
}

export interface ModeStretch {
  /** In ns. */
  readonly from: number;
  readonly to: number;
  readonly pid: number;
  readonly comm: string;
  readonly cpl: number;
  readonly preemptCount: number;
  readonly doing: string;
}
