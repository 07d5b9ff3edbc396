"use client";

import { createContext, useContext, useMemo } from "react";
import type { Cell, FigureData, FigureName, LectureDocument } from "#notebook/document";
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

export function useLectureNumbers(lecture: LectureDocument | undefined): LectureNumbers {
  return useMemo(
    () => ({
      sectionNumbers: new Map(
        lecture === undefined ? [] : sectionsOf(lecture).map(({ id, number }) => [id, number]),
      ),
      figureNumbers: lecture === undefined ? new Map() : figureNumbers(lecture),
    }),
    [lecture],
  );
}
