import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { type Period, periodOf } from "../period.ts";
import { RunChoice } from "../run-choice.tsx";
import { Stepper } from "../stepper.tsx";
import { describeEntry, ENTRIES, type Entry, type EntryKind, KINDS, PERIODS } from "./entries.ts";
import css from "./timeline.module.css";

/** The figure as the server draws it: all years, the first entry, and all entries as text. */
export function StillTimeline({ texts }: { texts: FigureTexts }) {
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="entry" position={0} count={ENTRIES.length} />}
      listing={<TimelineListing />}
    >
      <TimelineView period={PERIODS[0]} position={0} figure={texts.id} />
    </FigureFrame>
  );
}

interface TimelineViewProps {
  period: Period;
  /** Place in `ENTRIES`. */
  position: number;
  figure: string;
  onMove?: ((position: number) => void) | undefined;
  onPeriod?: ((period: Period) => void) | undefined;
}

/** A column a year, a mark an entry; below, the chosen one in full. */
export function TimelineView({ period, position, figure, onMove, onPeriod }: TimelineViewProps) {
  const entry = ENTRIES[position];
  if (entry === undefined) return null;
  const isWhole = period === PERIODS[0];
  return (
    <>
      <RunChoice
        legend="Years"
        runs={PERIODS}
        chosen={period.id}
        figure={figure}
        onChoose={onPeriod && ((id) => onPeriod(periodOf(PERIODS, id)))}
      />
      <div className={css["scroll"]} data-scroller>
        <ol className={css["years"]} data-whole={isWhole}>
          {yearsOf(period).map((year) => (
            <li key={year}>
              <ol>
                {ENTRIES.map((other, at) =>
                  other.year === year ? (
                    <li key={other.title}>
                      <Mark
                        entry={other}
                        isChosen={at === position}
                        onChoose={onMove && (() => onMove(at))}
                      />
                    </li>
                  ) : null,
                )}
              </ol>
              <span className={css["year"]}>
                {!isWhole || year === 1992 || year % 5 === 0 ? year : ""}
              </span>
            </li>
          ))}
        </ol>
      </div>
      <div className={css["chosen"]}>
        <p>
          <b>{entry.release === undefined ? entry.year : `Linux ${entry.release}`}</b>
          <span>{entry.date}</span>
          <span>{KINDS[entry.kind]}</span>
        </p>
        <p>
          <b>{entry.title}.</b> {entry.says}
        </p>
      </div>
      <Key />
    </>
  );
}

/** All years of the whole; closer, only those in which something happened. */
function yearsOf(period: Period): number[] {
  const all = Array.from({ length: period.to - period.from + 1 }, (_, at) => period.from + at);
  return period === PERIODS[0] ? all : all.filter((year) => ENTRIES.some((e) => e.year === year));
}

function Mark({
  entry,
  isChosen,
  onChoose,
}: {
  entry: Entry;
  isChosen: boolean;
  onChoose: (() => void) | undefined;
}) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-pressed={isChosen}
      aria-label={`${entry.date}: ${entry.title}`}
      title={entry.title}
      onClick={onChoose}
    >
      <Shape kind={entry.kind} />
      <span className={css["name"]}>
        {entry.release !== undefined && <b>{entry.release} </b>}
        {entry.title}
      </span>
    </button>
  );
}

/** Kinds differ by shape: colour is for the machine. */
const SHAPES: Readonly<Record<EntryKind, string>> = {
  text: "M3.5 2h7v10h-7zM5.5 5h3M5.5 7.5h3",
  machine: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
  verifier: "M7 1.5 12.5 7 7 12.5 1.5 7z",
  hook: "M2.5 2.5h9v9h-9z",
  memory: "M7 2 12.5 11.5h-11z",
};

function Shape({ kind }: { kind: EntryKind }) {
  return (
    <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" data-kind={kind}>
      <path d={SHAPES[kind]} />
    </svg>
  );
}

function Key() {
  return (
    <p className={css["key"]} aria-hidden="true">
      {(Object.keys(KINDS) as EntryKind[]).map((kind) => (
        <span key={kind}>
          <Shape kind={kind} />
          {KINDS[kind]}
        </span>
      ))}
    </p>
  );
}

/** All entries in words. */
export function TimelineListing({ current }: { current?: number }) {
  return (
    <ol className={css["listing"]}>
      {ENTRIES.map((entry, at) => (
        <li key={entry.title} aria-current={at === current ? "step" : undefined}>
          {describeEntry(entry)}
        </li>
      ))}
    </ol>
  );
}
