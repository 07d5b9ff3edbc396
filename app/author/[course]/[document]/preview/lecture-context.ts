"use client";

import { createContext, useContext, useMemo } from "react";
import type {
  Cell,
  FigureData,
  FigureName,
  LectureDocument,
  LecturePicture,
} from "#notebook/document";
import { figureNumbers } from "../../../../lectures/[slug]/figure-numbers.ts";
import { sectionsOf } from "../../../../lectures/[slug]/sections.ts";
import type { ExercisesShown } from "./use-exercises.ts";
import type { ReaderView } from "./use-reader-view.ts";

interface LectureNumbers {
  /** By the id of its heading. */
  readonly sectionNumbers: ReadonlyMap<string, number>;
  readonly figureNumbers: ReadonlyMap<string, string>;
}

interface LectureAround extends LectureNumbers {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly figures: ReadonlyMap<FigureName, FigureData>;
  readonly pictures: readonly LecturePicture[];
  /** The address that their names stand under. */
  readonly picturesHome: string;
  readonly exercises: ExercisesShown;
  readonly documentId: string;
  readonly reader: ReaderView;
}

/** What parts of the text are drawn from: by context, so that they are the same parts all the time. */
export const LectureContext = createContext<LectureAround | undefined>(undefined);

export function useLecture(): LectureAround {
  const lecture = useContext(LectureContext);
  if (lecture === undefined) throw new Error("a part stands outside of a lecture");
  return lecture;
}

/** The same objects as long as the numbers are the same: what is drawn from them is not drawn again. */
export function useLectureNumbers(lecture: LectureDocument | undefined): LectureNumbers {
  const sections = useSame<readonly (readonly [string, number])[]>(
    lecture === undefined ? [] : sectionsOf(lecture).map(({ id, number }) => [id, number]),
  );
  const figures = useSame<readonly (readonly [string, string])[]>(
    lecture === undefined ? [] : [...figureNumbers(lecture)],
  );
  return useMemo(
    () => ({ sectionNumbers: new Map(sections), figureNumbers: new Map(figures) }),
    [sections, figures],
  );
}

function useSame<T>(value: T): T {
  const text = JSON.stringify(value);
  return useMemo(() => JSON.parse(text) as T, [text]);
}
