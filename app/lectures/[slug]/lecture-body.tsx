import type { Root } from "hast";
import type { ComponentProps } from "react";
import { Figure } from "#notebook/components/figures";
import type { LectureDocument } from "#notebook/document";
import { figureData } from "#server/course";
import { AtCell } from "../../talk/at-place.tsx";
import { ExerciseBlock } from "./exercise-block.tsx";
import { figureNumbers } from "./figure-numbers.ts";
import { type FigureInText, Prediction, SectionHeading, StoredCell } from "./lecture-parts.tsx";
import { withMargin } from "./margin.ts";
import { Picture, type PictureInText } from "./picture.tsx";
import { type Parts, Prose } from "./prose.tsx";
import { sectionsOf, splitLead } from "./sections.ts";

/** The text of a lecture below its head: prose, cells, figures, exercises, in their order. */
export function LectureBody({ lecture }: { lecture: LectureDocument }) {
  return <Prose text={textOf(lecture)} parts={partsOf(lecture)} />;
}

const texts = new WeakMap<LectureDocument, Root>();

/** Made once: the lecture is read once, and drawn for everybody. */
function textOf(lecture: LectureDocument): Root {
  const text = texts.get(lecture) ?? withMargin(splitLead(lecture.body).rest);
  texts.set(lecture, text);
  return text;
}

function partsOf(lecture: LectureDocument): Parts {
  const numbers = new Map(sectionsOf(lecture).map(({ id, number }) => [id, number]));
  const figures = figureNumbers(lecture);
  const cells = new Map(lecture.cells.map((cell) => [cell.id, cell]));
  return {
    h2: (props: ComponentProps<"h2">) => (
      <SectionHeading {...props} number={numbers.get(props.id ?? "")} />
    ),
    "kb-cell": ({ id }: { id: string }) => (
      <StoredCell
        cell={cells.get(id)}
        aside={<AtCell lecture={lecture.frontMatter.slug} cell={id} />}
      />
    ),
    "kb-exercise": ({ id }: { id: string }) => (
      <ExerciseBlock id={id} lecture={lecture.frontMatter.slug} />
    ),
    "kb-figure": ({ name, ...texts }: FigureInText) => (
      <Figure {...texts} number={figures.get(texts.id)} data={figureData(name)} />
    ),
    "kb-picture": (picture: PictureInText) => (
      <Picture
        {...picture}
        pictures={lecture.pictures}
        home={`/lectures/${lecture.frontMatter.slug}/pictures`}
      />
    ),
    "kb-predict": Prediction,
  };
}
