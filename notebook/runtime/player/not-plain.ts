/** What plain data are not, and how much of them crosses at once. */

/** A value cannot cross; the message says why, in words for the author of the value. */
export class NotPlain extends Error {}

/** How many more values one message may hold. */
export interface Counter {
  left: number;
}

export function count(counter: Counter, values: number): void {
  counter.left -= values;
  if (counter.left < 0) throw new NotPlain("it has more than a million parts");
}
