import css from "./family.module.css";
import { type Edge, LANE_COUNT, type Row } from "./family-graph.ts";

/** In px; the rows of the list have the same height. */
const ROW = 28;
const LANE = 12;
const PAD = 4;

interface FamilyLinesProps {
  rows: readonly Row[];
  edges: readonly Edge[];
  lit: ReadonlySet<string>;
  chosen: string;
}

/** The lines of descent beside the list. What they say stands in words below the graph. */
export function FamilyLines({ rows, edges, lit, chosen }: FamilyLinesProps) {
  const width = LANE_COUNT * LANE + 2 * PAD;
  const height = rows.length * ROW;
  const isLit = ({ from, to }: Edge) => lit.has(from.system.name) && lit.has(to.system.name);
  // What stands out is drawn last, over the rest.
  const ordered = [...edges.filter((edge) => !isLit(edge)), ...edges.filter(isLit)];
  return (
    <svg
      className={css["lines"]}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      {ordered.map((edge) => (
        <path
          key={`${edge.from.system.name}>${edge.to.system.name}`}
          className={edge.kind === "ideas" ? css["ideas"] : css["text"]}
          data-lit={isLit(edge)}
          d={pathOf(edge)}
        />
      ))}
      {rows.map(({ system, lane }, place) => (
        <circle
          key={system.name}
          className={css["node"]}
          data-lit={lit.has(system.name)}
          data-chosen={system.name === chosen}
          cx={xOf(lane)}
          cy={yOf(place)}
          r={system.name === chosen ? 5.5 : 3.5}
        />
      ))}
    </svg>
  );
}

function xOf(lane: number): number {
  return PAD + lane * LANE + LANE / 2;
}

function yOf(row: number): number {
  return row * ROW + ROW / 2;
}

/** Down its own column, and over to the child's in the last row before it. */
function pathOf({ from, to, fromRow, toRow }: Edge): string {
  const [x0, x1, y1] = [xOf(from.lane), xOf(to.lane), yOf(toRow)];
  const y0 = fromRow === -1 ? 0 : yOf(fromRow);
  // A child that the sources date before its parent: the line goes up.
  if (y0 > y1) return `M${x0} ${y0}C${x0} ${y1} ${x0} ${y1} ${x1} ${y1}`;
  const turn = Math.max(y0, y1 - ROW);
  return `M${x0} ${y0}V${turn}C${x0} ${y1 - ROW / 3} ${x1} ${turn + ROW / 3} ${x1} ${y1}`;
}
