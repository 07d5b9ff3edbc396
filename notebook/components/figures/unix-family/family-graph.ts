/** Where the systems of the family stand in the picture: a row each, oldest at the top, a column a branch. */

import { type UnixSystem, unixFamily } from "#notebook/document";
import { isIn, type Period, type Periods } from "../period.ts";

/** What can be looked at closer. The first is everything. */
export const PERIODS: Periods = [
  { id: "all", title: "All", from: 1965, to: 2026 },
  { id: "laboratory", title: "1965 to 1978", from: 1965, to: 1978 },
  { id: "branches", title: "1979 to 1990", from: 1979, to: 1990 },
  { id: "free", title: "1991 to 1996", from: 1991, to: 1996 },
  { id: "today", title: "1997 to 2026", from: 1997, to: 2026 },
];

/** Branches from the left; a system without a line here stands in its first parent's column. */
const LANES: Readonly<Record<string, number>> = {
  Multics: 3,
  "UNIX (PDP-7)": 3,
  "1BSD": 5,
  "32V": 4,
  "3BSD": 5,
  "PWB/UNIX": 2,
  Xenix: 1,
  "System III": 2,
  "HP-UX": 0,
  AIX: 1,
  SVR4: 2,
  IRIX: 0,
  SunOS: 4,
  GNU: 10,
  "Eighth Edition": 3,
  Mach: 6,
  NeXTSTEP: 6,
  MINIX: 8,
  "BSD/386": 4,
  "Linux 0.01": 9,
  "386BSD": 6,
  "Solaris 2": 1,
  "SVR4.2": 2,
  "Plan 9": 3,
  NetBSD: 7,
  FreeBSD: 6,
  "NetBSD 1.0": 7,
  "FreeBSD 2.0": 6,
  OpenBSD: 8,
  Rhapsody: 4,
  Darwin: 4,
  "Mac OS X": 4,
  iOS: 5,
  Android: 10,
  "MINIX 3": 8,
};
export const LANE_COUNT = 11;

const byName = new Map(unixFamily.map((system) => [system.name, system]));

export interface Row {
  readonly system: UnixSystem;
  readonly lane: number;
}

export interface Edge {
  readonly from: Row;
  readonly to: Row;
  /** Row of `from` in the rows that are shown; -1 when it is older than these. */
  readonly fromRow: number;
  readonly toRow: number;
  readonly kind: "text" | "ideas";
}

/** The systems of a period, and what leads to them. */
export function graphOf(period: Period): {
  readonly rows: readonly Row[];
  readonly edges: readonly Edge[];
} {
  const rows = ALL_ROWS.filter(({ system }) => isIn(period, system.year));
  const edges = rows.flatMap((row, toRow) => {
    const edge = (name: string, kind: Edge["kind"]): Edge[] => {
      const parent = ALL_ROWS.find(({ system }) => system.name === name);
      if (parent === undefined) return [];
      return [{ from: parent, to: row, fromRow: rows.indexOf(parent), toRow, kind }];
    };
    return [
      ...row.system.parents.flatMap((name) => edge(name, "text")),
      ...row.system.ideas.flatMap((name) => edge(name, "ideas")),
    ];
  });
  return { rows, edges };
}

const ALL_ROWS: readonly Row[] = unixFamily.map((system) => ({ system, lane: laneOf(system) }));

function laneOf({ name, parents }: UnixSystem): number {
  const own = LANES[name];
  if (own !== undefined) return own;
  const first = byName.get(parents[0] ?? "");
  return first === undefined ? LANE_COUNT - 1 : laneOf(first);
}

/** The system and all that it comes from; with `ideas` also what those imitate. */
export function familyOf(name: string, ideas: boolean): ReadonlySet<string> {
  const found = new Set([name]);
  for (const one of found) {
    const system = byName.get(one);
    for (const parent of system?.parents ?? []) found.add(parent);
    if (ideas) for (const idea of system?.ideas ?? []) found.add(idea);
  }
  return found;
}

/** What two systems have in common, themselves included where one comes from the other. */
export function commonOf(a: string, b: string, ideas: boolean): ReadonlySet<string> {
  const ofB = familyOf(b, ideas);
  return new Set([...familyOf(a, ideas)].filter((name) => ofB.has(name)));
}

/** The youngest of several systems, the nearest where two branches meet. */
export function youngestOf(names: ReadonlySet<string>): string | undefined {
  return unixFamily.findLast(({ name }) => names.has(name))?.name;
}
