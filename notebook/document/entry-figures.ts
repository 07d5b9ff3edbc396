/** What the figures of lecture 7 draw. */

/** One system call through one door, event by event. */
export interface EntryRun {
  /** Part of an address: `int80`. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  readonly events: readonly EntryEvent[];
  /** Registers before the first event. */
  readonly registers: Readonly<Record<string, number>>;
  /** What the kernel has prepared for this door, in the order in which the processor reads it. */
  readonly prepared: readonly PreparedValue[];
  readonly stacks: readonly EntryStack[];
}

export interface EntryEvent {
  /** 1 to 6, as the lecture counts. */
  readonly step: number;
  readonly by: "program" | "processor" | "kernel";
  /** The instruction, or what the processor does. */
  readonly text: string;
  /** What it is for. */
  readonly says: string;
  /** Registers that are different behind it. */
  readonly changes: Readonly<Record<string, number>>;
  /** Words that it leaves on a stack. */
  readonly writes: readonly StackWord[];
  /** Places in `prepared` that it reads. */
  readonly reads: readonly number[];
}

export interface PreparedValue {
  readonly name: string;
  readonly text: string;
}

export interface EntryStack {
  readonly title: string;
  /** The address behind its highest word. */
  readonly end: number;
  /** How many words below the end stay unused, whatever happens. */
  readonly padding: number;
  /** How many words it reaches down at its deepest. */
  readonly words: number;
}

export interface StackWord {
  readonly address: number;
  /** "" for a word that is part of no frame. */
  readonly name: string;
  readonly value: number;
}

/** `struct pt_regs` of one ABI, in the order in which it is filled: highest address first. */
export interface FrameLayout {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly slots: readonly FrameSlot[];
}

export interface FrameSlot {
  readonly name: string;
  readonly offset: number;
  readonly by: "processor" | "entry code";
  /** Its part in a system call: `argument 1`; "" for none. */
  readonly role: string;
  /** What it holds when write(1, 0x804a000, 3) reaches the kernel's C code, where that was simulated. */
  readonly value?: number;
  readonly says: string;
}

/** A row of the tables of system calls. */
export interface SyscallTableRow {
  readonly name: string;
  readonly number32?: number;
  readonly number64?: number;
  /** The release in which the call came: `2.6.16`. */
  readonly since: string;
  /** The release in which its number in the i386 table was taken, by whatever name. */
  readonly taken32?: string;
  /** The release in which its code went. */
  readonly removed?: string;
  /** Whether 6.18 has code behind it, in any ABI. */
  readonly hasCode: boolean;
}

/** A door into the kernel, or a way around it. */
export interface EntryDoor {
  readonly name: string;
  readonly says: string;
  /** On the simulated machine. */
  readonly ns: number;
  /** On a real one, as the lecture says; absent where it was not measured. */
  readonly measuredNs?: number;
  /** What the processor and the kernel's entry code push, in words; absent for a way around the kernel. */
  readonly pushed?: { readonly byProcessor: number; readonly byKernel: number };
}

/** A program whose return address is overwritten, instruction by instruction. */
export interface TwinRun {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly program: readonly {
    readonly address: number;
    readonly text: string;
    readonly label: string;
  }[];
  /** Addresses of the words that are shown, the highest first. */
  readonly stack: readonly number[];
  /** Of the shadow stack; empty without one. */
  readonly shadow: readonly number[];
  readonly steps: readonly TwinStep[];
}

export interface TwinStep {
  /** The instruction that has run. */
  readonly address: number;
  readonly says: string;
  /** What lies at the addresses of `stack` and `shadow` behind it. */
  readonly words: readonly number[];
  readonly shadowWords: readonly number[];
  readonly sp: number;
  readonly ssp: number;
  /** Of a `ret` that compares two addresses: whether they were equal. */
  readonly isEqual?: boolean;
}
