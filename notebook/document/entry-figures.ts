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
  /** How many words of it are ever used. */
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
  readonly says: string;
}
