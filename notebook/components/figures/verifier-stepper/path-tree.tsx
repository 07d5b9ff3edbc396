import type { TraceStep, VerifierTrace } from "#notebook/document";
import { stepAddress } from "../step-address.ts";
import css from "./path-tree.module.css";
import { layoutTree, type TreeRow } from "./path-tree-layout.ts";
import { describeStep } from "./step-text.ts";

const LEFT = 12;
const TOP = 16;
const ROW = 32;
/** Room at the end of a row for what became of it. */
const LABEL = 200;
const WIDTH = 824;

interface PathTreeProps {
  trace: VerifierTrace;
  position: number;
  figure: string;
  onMove?: ((position: number) => void) | undefined;
}

/** The tree of paths: each dot is a step and leads to it. What comes later is drawn fainter. */
export function PathTree({ trace, position, figure, onMove }: PathTreeProps) {
  const { dots, rows, columns } = layoutTree(trace);
  const column = Math.min(44, (WIDTH - LEFT - LABEL) / Math.max(1, columns - 1));
  const x = (place: number) => LEFT + place * column;
  const y = (row: number) => TOP + row * ROW;
  const height = TOP + (rows.length - 1) * ROW + 16;
  const begun = (row: number) => trace.steps.findIndex(({ path }) => path === row) <= position;
  return (
    <div className={css["scroll"]} data-scroller>
      <svg className={css["tree"]} viewBox={`0 0 ${WIDTH} ${height}`}>
        <title>{treeInWords(trace)}</title>
        {rows.map((row) => (
          <path
            key={row.row}
            className={css["branch"]}
            data-begun={begun(row.row)}
            d={way(row, x, y)}
          />
        ))}
        {rows.map(({ row, toColumn }) => {
          const last = trace.steps.findLast(({ path }) => path === row);
          const isPast = trace.steps.findLastIndex(({ path }) => path === row) <= position;
          return <EndMark key={row} step={last} isPast={isPast} x={x(toColumn) + 16} y={y(row)} />;
        })}
        {dots.map(({ step, column: at, row }) => (
          <a
            key={step}
            href={stepAddress(figure, trace.id, step)}
            tabIndex={-1}
            aria-label={describeStep(trace, step)}
            aria-current={step === position ? "step" : undefined}
            onClick={
              onMove &&
              ((event) => {
                event.preventDefault();
                onMove(step);
              })
            }
          >
            <rect
              className={css["reach"]}
              x={x(at) - column / 2}
              y={y(row) - ROW / 2}
              width={column}
              height={ROW}
            />
            <circle
              className={css["dot"]}
              data-past={step < position}
              cx={x(at)}
              cy={y(row)}
              r={step === position ? 6 : 4}
            />
          </a>
        ))}
      </svg>
    </div>
  );
}

function way(row: TreeRow, x: (column: number) => number, y: (row: number) => number): string {
  const line = `M${x(row.fromColumn)} ${y(row.row)}H${x(row.toColumn)}`;
  if (row.branch === undefined) return line;
  return `M${x(row.branch.column)} ${y(row.branch.row)}V${y(row.row) - 8}q0 8 8 8H${x(row.toColumn)}`;
}

/** Tick and safe, cross and refused, or an end that an earlier state covers. */
function EndMark({
  step,
  isPast,
  x,
  y,
}: {
  step: TraceStep | undefined;
  isPast: boolean;
  x: number;
  y: number;
}) {
  if (step?.end === undefined) return null;
  const says = {
    exit: "safe",
    pruned: step.prunedBy === undefined ? "pruned" : `pruned by step ${step.prunedBy + 1}`,
    refused: "refused",
  }[step.end];
  return (
    <g className={css["end"]} data-end={step.end} data-past={isPast}>
      <path d={`M${x} ${y}${MARKS[step.end]}`} />
      <text x={x + 16} y={y + 4}>
        {isPast ? says : `later: ${says}`}
      </text>
    </g>
  );
}

const MARKS = {
  exit: "l4 4 7-8",
  pruned: "h10",
  refused: "m1-4 8 8m0-8-8 8",
} as const;

function treeInWords(trace: VerifierTrace): string {
  const count = trace.paths.length;
  return `${count === 1 ? "One path" : `${count} paths`}, ${trace.steps.length} steps`;
}
