import type { EntryRun, StackWord } from "#notebook/document";

/** Where a way into the kernel stands behind one of its events. */
export interface EntryState {
  readonly registers: Readonly<Record<string, number>>;
  /** By address. */
  readonly words: ReadonlyMap<number, StackWord>;
}

export function stateAt(run: EntryRun, position: number): EntryState {
  const done = run.events.slice(0, position + 1);
  return {
    registers: Object.assign({}, run.registers, ...done.map(({ changes }) => changes)),
    words: new Map(
      done.flatMap(({ writes }) => writes.map((word) => [word.address, word] as const)),
    ),
  };
}

/** The six steps, as the lecture names them. */
export const STEPS = [
  "The program asks",
  "The processor crosses",
  "The entry code saves",
  "The function is called",
  "The registers come back",
  "The program goes on",
] as const;

/** One event in words. */
export function describeEvent(run: EntryRun, position: number): string {
  const event = run.events[position];
  if (event === undefined) return "";
  return `Step ${event.step}, ${event.by}: ${event.text}. ${event.says}`;
}

export function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
