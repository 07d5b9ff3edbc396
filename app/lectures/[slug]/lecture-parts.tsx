import { type ComponentProps, memo, type ReactNode } from "react";
import { CellIsland, CodeText, Predict } from "#notebook/components";
import { OutputView } from "#notebook/components/outputs";
import type { Cell, FigureName } from "#notebook/document";
import css from "./prose.module.css";
import { WithCode } from "./with-code.tsx";

/** The heading of a section, with its number. */
export function SectionHeading({
  number,
  children,
  ...props
}: ComponentProps<"h2"> & { number: number | undefined }) {
  return (
    <h2 {...props}>
      <span className={css["sectionNumber"]}>{number}</span> {children}
    </h2>
  );
}

/** The attributes that a lecture gives to a figure, checked when it was read. */
export interface FigureInText {
  name: FigureName;
  id: string;
  title: string;
  caption: string;
  children: ReactNode;
}

interface StoredCellProps {
  cell: Cell | undefined;
  /** What is said at the cell. */
  aside?: ReactNode;
}

/** A cell as the lecture has it: code coloured and output drawn without a script. */
export const StoredCell = memo(function StoredCell({ cell, aside }: StoredCellProps) {
  if (cell === undefined) return null;
  return (
    <CellIsland
      id={cell.id}
      code={<CodeText source={cell.source} hasNumbers={false} badLine={undefined} />}
      output={<OutputView outputs={cell.storedOutputs} />}
      aside={aside}
    />
  );
});

export type PredictionInText = ComponentProps<typeof Predict> & { question: string };

export function Prediction({ question, ...props }: PredictionInText) {
  return <Predict question={<WithCode text={question} />} {...props} />;
}
