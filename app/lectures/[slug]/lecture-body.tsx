import type { ComponentProps, ReactNode } from "react";
import { CellIsland, CodeText, Figure, OutputView, Predict } from "#notebook/components";
import type { Cell, FigureName, LectureDocument } from "#notebook/document";
import { figureData } from "#server/course";
import { AtCell } from "../../talk/at-place.tsx";
import { ExerciseBlock } from "./exercise-block.tsx";
import { figureNumbers } from "./figure-numbers.ts";
import { withMargin } from "./margin.ts";
import css from "./prose.module.css";
import { type Parts, Prose } from "./prose.tsx";
import { sectionsOf, splitLead } from "./sections.ts";

/** The text of a lecture below its head: prose, cells, figures, exercises, in their order. */
export function LectureBody({ lecture }: { lecture: LectureDocument }) {
  return <Prose text={withMargin(splitLead(lecture.body).rest)} parts={partsOf(lecture)} />;
}

function partsOf(lecture: LectureDocument): Parts {
  const numbers = new Map(sectionsOf(lecture).map(({ id, number }) => [id, number]));
  const figures = figureNumbers(lecture);
  const cells = new Map(lecture.cells.map((cell) => [cell.id, cell]));
  return {
    h2: ({ children, ...props }: ComponentProps<"h2">) => (
      <h2 {...props}>
        <span className={css["sectionNumber"]}>{numbers.get(props.id ?? "")}</span> {children}
      </h2>
    ),
    "kb-cell": ({ id }: { id: string }) => (
      <StoredCell cell={cells.get(id)} lecture={lecture.frontMatter.slug} />
    ),
    "kb-exercise": ({ id }: { id: string }) => (
      <ExerciseBlock id={id} lecture={lecture.frontMatter.slug} />
    ),
    "kb-figure": ({ name, ...texts }: FigureInText) => (
      <Figure {...texts} number={figures.get(texts.id)} data={figureData(name)} />
    ),
    "kb-predict": ({
      question,
      ...props
    }: ComponentProps<typeof Predict> & { question: string }) => (
      <Predict question={<WithCode text={question} />} {...props} />
    ),
  };
}

/** The attributes that a lecture gives to a figure, checked when it was read. */
interface FigureInText {
  name: FigureName;
  id: string;
  title: string;
  caption: string;
  children: ReactNode;
}

/** A cell as the lecture has it: code coloured and output drawn on the server. */
function StoredCell({ cell, lecture }: { cell: Cell | undefined; lecture: string }) {
  if (cell === undefined) return null;
  return (
    <CellIsland
      id={cell.id}
      code={<CodeText source={cell.source} hasNumbers={false} badLine={undefined} />}
      output={<OutputView outputs={cell.storedOutputs} />}
      aside={<AtCell lecture={lecture} cell={cell.id} />}
    />
  );
}

/** A line of text in which backticks stand around code. */
function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is drawn as a whole
    place % 2 === 1 ? <code key={place}>{part}</code> : part,
  );
}
