/** All rows of a gradebook in little room: what is as in most cells is left out. */
import type { GradebookCell, GradebookRow } from "#server/queries";

/** What the table shows of a student. */
export type ShownRow = Omit<GradebookRow, "email">;

type PackedCell =
  | 0
  /** Graded, by nobody but the grader. */
  | readonly [best: number | null, attempts: number]
  | readonly [
      best: number | null,
      attempts: number,
      last: string,
      flags: number,
      automatic: number | null,
    ];

export type PackedRow = readonly [
  userId: string,
  name: string,
  username: string,
  points: number,
  of: number,
  cells: readonly PackedCell[],
];

const FLAGS = ["isRegrading", "isGiven", "isExcused", "isDropped"] as const;

export function packRow({ userId, name, username, points, of, cells }: ShownRow): PackedRow {
  return [userId, name, username, points, of, cells.map(packCell)];
}

export function unpackRow([userId, name, username, points, of, cells]: PackedRow): ShownRow {
  return { userId, name, username, points, of, cells: cells.map(unpackCell) };
}

function packCell(cell: GradebookCell | undefined): PackedCell {
  if (cell === undefined) return 0;
  const { best, attempts, last, automatic } = cell;
  const flags = FLAGS.reduce((bits, flag, place) => bits | (cell[flag] ? 1 << place : 0), 0);
  if (last === "graded" && flags === 0 && automatic === best) return [best ?? null, attempts];
  return [best ?? null, attempts, last, flags, automatic ?? null];
}

function unpackCell(packed: PackedCell): GradebookCell | undefined {
  if (packed === 0) return undefined;
  const [best, attempts, last = "graded", flags = 0, automatic = best] = packed;
  const has = (flag: (typeof FLAGS)[number]) => (flags & (1 << FLAGS.indexOf(flag))) !== 0;
  return {
    best: best ?? undefined,
    attempts,
    last,
    automatic: automatic ?? undefined,
    isRegrading: has("isRegrading"),
    isGiven: has("isGiven"),
    isExcused: has("isExcused"),
    isDropped: has("isDropped"),
  };
}
