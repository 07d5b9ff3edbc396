import type { LectureDocument } from "#notebook/document";
import type { CellErrors, LectureStops } from "#server/queries";
import { sectionsOf } from "../../../lectures/[slug]/sections.ts";

/** A section of a lecture, and the students who have come to it. */
export interface SectionRow {
  readonly id: string;
  /** 0: what stands before the first one. */
  readonly number: number;
  readonly title: string;
  readonly reached: number;
  /** Who has come to it and no further. */
  readonly stopped: number;
  readonly isLast: boolean;
}

/** The sections in their order; who stopped in one that is gone has only opened the lecture. */
export function sectionRows(
  lecture: LectureDocument,
  { readers, stops }: LectureStops,
): readonly SectionRow[] {
  const sections = sectionsOf(lecture);
  const known = sections.map(({ id }) => stops.get(id) ?? 0);
  const from = (place: number) => known.slice(place).reduce((sum, count) => sum + count, 0);
  const start = { id: "", number: 0, title: "Before the first section", reached: readers };
  return [
    { ...start, stopped: readers - from(0), isLast: sections.length === 0 },
    ...sections.map(({ id, number, title }, place) => ({
      ...{ id, number, title, reached: from(place), stopped: known[place] ?? 0 },
      isLast: place === sections.length - 1,
    })),
  ];
}

/** The section, not the last one, in which most have stopped; undefined: all have read to the end. */
export function commonStop(rows: readonly SectionRow[]): SectionRow | undefined {
  const [most] = rows.filter(({ isLast }) => !isLast).toSorted((a, b) => b.stopped - a.stopped);
  return most !== undefined && most.stopped > 0 ? most : undefined;
}

/** A cell of a lecture, and for how many students it has failed. */
export interface CellRow extends CellErrors {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  /** The lecture itself shows an error there. */
  readonly isMeantToFail: boolean;
}

/** The cells in their order, those that nobody has run included. */
export function cellRows(
  { cells }: LectureDocument,
  errors: ReadonlyMap<string, CellErrors> | undefined,
): readonly CellRow[] {
  return cells.map(({ id, number, title, storedOutputs }) => ({
    ...(errors?.get(id) ?? { ran: 0, failed: 0, stillFails: 0, failedAsGiven: 0 }),
    ...{ id, number, title: title ?? id },
    isMeantToFail: storedOutputs.some(({ kind }) => kind === "error"),
  }));
}

/** The cell that has failed for most, unless it is meant to. */
export function commonError(rows: readonly CellRow[]): CellRow | undefined {
  const [most] = rows
    .filter(({ isMeantToFail }) => !isMeantToFail)
    .toSorted((a, b) => b.failed - a.failed);
  return most !== undefined && most.failed > 0 ? most : undefined;
}
