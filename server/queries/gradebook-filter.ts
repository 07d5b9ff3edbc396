/** What of a gradebook is shown, as words: `kov lecture:7,11 is:untried status:tampered`. */

import { GRADING_STATUSES } from "#notebook/document";

/** A student is shown when this is true of at least one of the shown exercises. */
export const CONDITIONS = ["below-full", "untried", "queued", "ungraded"] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One word; all have to be true of what is shown. */
export type FilterWord =
  /** A part of the student's name or user name. */
  | { readonly kind: "name"; readonly part: string }
  /** Columns: exercises of these lectures. */
  | { readonly kind: "lecture"; readonly numbers: readonly string[] }
  /** Columns: exercises of these numbers, as `11.2`. */
  | { readonly kind: "exercise"; readonly numbers: readonly string[] }
  | { readonly kind: "is"; readonly condition: Condition }
  /** The last attempt at a shown exercise ended so. */
  | { readonly kind: "status"; readonly statuses: readonly string[] }
  | { readonly kind: "unknown"; readonly text: string };

/** Reads what somebody has typed; a word that means nothing is kept, so that it can be spoken of. */
export function parseFilter(text: string): FilterWord[] {
  const words: FilterWord[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const read = parseWord(word);
    const isThere = words.some((other) => printWord(other) === printWord(read));
    if (!isThere) words.push(read);
  }
  return words;
}

export function printFilter(words: readonly FilterWord[]): string {
  return words.map(printWord).join(" ");
}

function parseWord(word: string): FilterWord {
  const colon = word.indexOf(":");
  if (colon < 0) return { kind: "name", part: word };
  const key = word.slice(0, colon).toLowerCase();
  const values = word
    .slice(colon + 1)
    .split(",")
    .filter(Boolean);
  const unknown: FilterWord = { kind: "unknown", text: word };
  if (values.length === 0) return unknown;
  switch (key) {
    case "name":
      return { kind: "name", part: values.join(",") };
    case "lecture":
      return values.every((value) => /^\d+$/.test(value))
        ? { kind: "lecture", numbers: values.map((value) => String(Number(value))) }
        : unknown;
    case "exercise":
      return { kind: "exercise", numbers: values.map(shortNumber) };
    case "is": {
      const condition = CONDITIONS.find((known) => known === values.join(","));
      return condition === undefined ? unknown : { kind: "is", condition };
    }
    case "status": {
      const isKnown = (value: string) => GRADING_STATUSES.some((status) => status === value);
      return values.every(isKnown) ? { kind: "status", statuses: values } : unknown;
    }
    default:
      return unknown;
  }
}

function printWord(word: FilterWord): string {
  switch (word.kind) {
    case "name":
      // A name with a colon would be read as something else.
      return word.part.includes(":") ? `name:${word.part}` : word.part;
    case "lecture":
      return `lecture:${word.numbers.join(",")}`;
    case "exercise":
      return `exercise:${word.numbers.join(",")}`;
    case "is":
      return `is:${word.condition}`;
    case "status":
      return `status:${word.statuses.join(",")}`;
    case "unknown":
      return word.text;
  }
}

/** By what the students are ordered; `key` is `name`, `points` or the number of an exercise. */
export interface GradebookOrder {
  readonly key: string;
  readonly isDescending: boolean;
}

/** Reads `name`, `-points`, `11.2`. */
export function parseOrder(text: string): GradebookOrder {
  const isDescending = text.startsWith("-");
  const key = shortNumber(isDescending ? text.slice(1) : text);
  return key === "" ? { key: "name", isDescending: false } : { key, isDescending };
}

export function printOrder({ key, isDescending }: GradebookOrder): string {
  return isDescending ? `-${key}` : key;
}

/** `E11.2` as the gradebook says it: `11.2`. */
export function shortNumber(number: string): string {
  return number.replace(/^E(?=\d)/i, "");
}

/** The lecture's number in `11-ebpf-1-machine`. */
export function lectureNumber(lectureSlug: string): string {
  return String(Number(/^\d+/.exec(lectureSlug)?.[0] ?? Number.NaN));
}
