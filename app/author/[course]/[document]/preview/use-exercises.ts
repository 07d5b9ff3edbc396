"use client";

import { useEffect, useRef, useState } from "react";
import type { ExercisePreview, LecturePreview } from "#server/content/preview";
import { read } from "./use-preview.ts";

interface ExerciseShown extends ExercisePreview {
  /** The address that the names of its pictures stand under. */
  readonly picturesHome: string;
}

/** By id. */
export type ExercisesShown = ReadonlyMap<string, ExerciseShown>;

/** The exercises that stand in the text, each read once, as its author has it. */
export function useExercises(home: string, { exercises, exerciseIds }: LecturePreview) {
  const [shown, setShown] = useState<ExercisesShown>(new Map());
  const asked = useRef(new Set<string>());
  useEffect(() => {
    for (const { id, documentId } of exercises) {
      if (!exerciseIds.includes(id) || asked.current.has(documentId)) continue;
      asked.current.add(documentId);
      void read<ExercisePreview>(`${home}/${documentId}/reading`, {}, []).then((answer) => {
        if (answer === undefined) {
          asked.current.delete(documentId);
          return;
        }
        const picturesHome = `${home}/${documentId}/pictures`;
        setShown((before) => new Map(before).set(id, { ...answer, picturesHome }));
      });
    }
  }, [home, exercises, exerciseIds]);
  return shown;
}
