import type { SessionCell } from "#notebook/session";
import css from "./cell.module.css";

const MODES = ["user", "kernel", "interrupt", "idle"] as const;
const WIDTH = 1000;

interface Share {
  readonly mode: (typeof MODES)[number];
  /** Of 1000. */
  readonly from: number;
  readonly width: number;
  readonly percent: string;
}

/** Where the machines of a cell's run have spent their time, as a strip. */
export function ModeStrip({ cell }: { cell: SessionCell }) {
  const shares = sharesOf(cell);
  if (shares.length === 0) return null;
  return (
    <svg
      className={css["strip"]}
      viewBox={`0 0 ${WIDTH} 4`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Time by mode: ${inWords(shares)}`}
    >
      {shares.map(({ mode, from, width }) => (
        <rect key={mode} data-mode={mode} x={from} width={width} height="4" />
      ))}
    </svg>
  );
}

/** The same in words: a colour never speaks alone. */
export function ModesInWords({ cell }: { cell: SessionCell }) {
  const shares = sharesOf(cell);
  return shares.length === 0 ? null : <span>{inWords(shares)}</span>;
}

function inWords(shares: readonly Share[]): string {
  return shares.map(({ mode, percent }) => `${mode} ${percent}`).join(", ");
}

/** Modes without time are left out. */
function sharesOf({ output }: SessionCell): readonly Share[] {
  const modes = output.kind === "run" ? output.modes : undefined;
  if (modes === undefined) return [];
  const total = MODES.reduce((sum, mode) => sum + modes[mode], 0);
  let from = 0;
  return MODES.filter((mode) => modes[mode] > 0).map((mode) => {
    const width = (modes[mode] / total) * WIDTH;
    const share = { mode, from, width, percent: percentOf(modes[mode] / total) };
    from += width;
    return share;
  });
}

function percentOf(share: number): string {
  const percent = Math.round(share * 100);
  return percent === 0 ? "under 1\u00a0%" : `${percent}\u00a0%`;
}
