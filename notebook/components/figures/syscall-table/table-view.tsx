import type { SyscallTableRow } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { Stepper } from "../stepper.tsx";
import { countIn, describeRelease, isGone, matching, releasesOf, rowsIn } from "./releases.ts";
import css from "./syscall-table.module.css";

/** In the page that the server sends; the text below has them all. */
const ROWS_STILL = 20;

interface TableProps {
  rows: readonly SyscallTableRow[];
  texts: FigureTexts;
}

/** The figure as the server draws it: the first rows of the newest release, and all as text. */
export function StillSyscallTable({ rows, texts }: TableProps) {
  const releases = releasesOf(rows);
  const position = releases.length - 1;
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="release" position={position} count={releases.length} />}
      listing={<SyscallListing rows={rows} />}
    >
      <SyscallTableView
        rows={rows}
        releases={releases}
        position={position}
        text=""
        rowsMax={ROWS_STILL}
      />
    </FigureFrame>
  );
}

interface ViewProps {
  rows: readonly SyscallTableRow[];
  releases: readonly string[];
  position: number;
  text: string;
  rowsMax?: number;
  onMove?: ((position: number) => void) | undefined;
  onText?: ((text: string) => void) | undefined;
}

/** How the tables have grown, a field to search in, and the rows of one release. */
export function SyscallTableView(props: ViewProps) {
  const { rows, releases, position, text, rowsMax, onMove, onText } = props;
  const release = releases[position];
  if (release === undefined) return null;
  const shown = matching(rowsIn(rows, release), text);
  const newestFirst = text === "" && position > 0 && onMove !== undefined;
  return (
    <>
      <Growth rows={rows} releases={releases} position={position} onMove={onMove} />
      <div className={css["search"]}>
        <label>
          Name or number{" "}
          <input
            type="search"
            value={text}
            readOnly={onText === undefined}
            onChange={onText && ((event) => onText(event.currentTarget.value))}
            // A letter that the figure's own keys would take.
            onKeyDown={onText && ((event) => event.stopPropagation())}
          />
        </label>
        <output>
          {shown.length} {shown.length === 1 ? "call" : "calls"}
        </output>
      </div>
      <div className={css["rows"]} data-scroller>
        <table>
          <thead>
            <tr>
              <th scope="col">i386</th>
              <th scope="col">x86-64</th>
              <th scope="col">since</th>
              <th scope="col">name</th>
              <th scope="col">note</th>
            </tr>
          </thead>
          <tbody>
            {ordered(shown, release, newestFirst)
              .slice(0, rowsMax)
              .map((row) => (
                <Row key={row.name} row={row} release={release} />
              ))}
          </tbody>
        </table>
      </div>
      <p className={css["says"]}>{describeRelease(rows, release)}</p>
    </>
  );
}

/** What a release has brought stands above the rest. */
function ordered(rows: readonly SyscallTableRow[], release: string, newestFirst: boolean) {
  if (!newestFirst) return rows;
  const isNew = ({ since }: SyscallTableRow) => since === release;
  return [...rows.filter(isNew), ...rows.filter((row) => !isNew(row))];
}

function Row({ row, release }: { row: SyscallTableRow; release: string }) {
  return (
    <tr data-changed={row.since === release}>
      <td>{row.number32 ?? ""}</td>
      <td>{row.number64 ?? ""}</td>
      <td>{row.since}</td>
      <th scope="row">{row.name}</th>
      <td>{noteOf(row, release)}</td>
    </tr>
  );
}

function noteOf(row: SyscallTableRow, release: string): string {
  if (isGone(row, release)) return `no code since ${row.removed}`;
  if (row.removed !== undefined) return `goes in ${row.removed}`;
  return row.hasCode ? "" : "a name without code";
}

/** A bar for each release. */
function Growth({ rows, releases, position, onMove }: Omit<ViewProps, "text" | "rowsMax">) {
  const width = 10;
  const height = 64;
  const counts = releases.map((release) => countIn(rows, release).i386);
  const most = Math.max(...counts);
  return (
    <svg
      className={css["growth"]}
      viewBox={`0 0 ${releases.length * width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {releases.map((release, place) => {
        const bar = ((counts[place] ?? 0) / most) * height;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: hidden from readers, as the bars are
          <g key={release} data-now={place === position} onClick={onMove && (() => onMove(place))}>
            <rect x={place * width} y={0} width={width} height={height} />
            <rect x={place * width} y={height - bar} width={width - 2} height={bar} />
          </g>
        );
      })}
    </svg>
  );
}

/** All rows by the release that brought them. */
export function SyscallListing({ rows }: { rows: readonly SyscallTableRow[] }) {
  return (
    <dl className={css["listing"]}>
      {releasesOf(rows).map((release) => (
        <div key={release}>
          <dt>{release}</dt>
          <dd>
            {rows
              .filter(({ since }) => since === release)
              .map(
                ({ name, number32, number64 }) => `${name} ${number32 ?? "–"}/${number64 ?? "–"}`,
              )
              .join(", ")}
          </dd>
        </div>
      ))}
    </dl>
  );
}
