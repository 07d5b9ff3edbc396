import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addPlayed, type Conformance, emptyConformance } from "./corpus.ts";
import type { Played } from "./play.ts";

const FILE = join(import.meta.dirname, "reached.json");

/** What a group has reached: scenarios and steps that agree, and which scenarios do not. */
export type Reached = Readonly<Record<string, Conformance>>;

export function readReached(): Reached {
  return JSON.parse(readFileSync(FILE, "utf8")) as Reached;
}

/** Sums by group. */
export function sumByGroup(played: readonly Played[]): Reached {
  const groups: Record<string, Conformance> = {};
  for (const one of played) {
    const sum = groups[one.scenario.group] ?? emptyConformance();
    addPlayed(sum, one);
    groups[one.scenario.group] = sum;
  }
  return groups;
}

/** Makes what these scenarios have reached the mark that `npm test` holds. */
export function keepReached(played: readonly Played[]): void {
  const groups = { ...readReached(), ...sumByGroup(played) };
  writeFileSync(FILE, `${format(groups)}\n`);
}

const LINE_MAX = 100;

/** JSON as the formatter wants it: lists in one line where they fit. */
function format(groups: Reached): string {
  return JSON.stringify(groups, undefined, 2).replace(
    /( *"failures": )\[([^\]]*)\]/g,
    (whole, name, list) => {
      const line = `${name}[${list.trim().replace(/\s+/g, " ")}]`;
      return line.length <= LINE_MAX ? line : whole;
    },
  );
}
