"use client";

import type { ComponentProps } from "react";
import { Figure } from "#notebook/components/figures";
import {
  type FigureInText,
  Prediction,
  SectionHeading,
  StoredCell,
} from "../../../../lectures/[slug]/lecture-parts.tsx";
import { Picture, type PictureInText } from "../../../../lectures/[slug]/picture.tsx";
import type { Parts } from "../../../../lectures/[slug]/prose.tsx";
import { ExercisePart } from "./exercise-part.tsx";
import { useLecture } from "./lecture-context.ts";
import { WRONG_PARTS } from "./wrong.tsx";

/** The parts of a lecture's page, with what they are drawn from out of the context. */
export const LECTURE_PARTS: Parts = {
  h2: function Heading(props: ComponentProps<"h2">) {
    return <SectionHeading {...props} number={useLecture().sectionNumbers.get(props.id ?? "")} />;
  },
  "kb-cell": function CellPart({ id }: { id: string }) {
    return <StoredCell cell={useLecture().cells.get(id)} />;
  },
  "kb-figure": function FigurePart({ name, ...texts }: FigureInText) {
    const { figures, figureNumbers } = useLecture();
    const data = figures.get(name);
    return data && <Figure {...texts} number={figureNumbers.get(texts.id)} data={data} />;
  },
  "kb-picture": function PicturePart(picture: PictureInText) {
    const { pictures, picturesHome } = useLecture();
    return <Picture {...picture} pictures={pictures} home={picturesHome} />;
  },
  "kb-exercise": function InLecture({ id }: { id: string }) {
    const { exercises, documentId, reader } = useLecture();
    const exercise = exercises.get(id);
    if (exercise === undefined) return null;
    const home = exercise.picturesHome;
    return <ExercisePart preview={exercise} {...{ documentId, home, reader }} level={3} />;
  },
  "kb-predict": Prediction,
  ...WRONG_PARTS,
};
