import { type Licence, type UnixSystem, unixFamily } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { type Period, periodOf } from "../period.ts";
import { RunChoice } from "../run-choice.tsx";
import { Stepper } from "../stepper.tsx";
import css from "./family.module.css";
import { familyOf, graphOf, PERIODS, youngestOf } from "./family-graph.ts";
import { FamilyLines } from "./family-lines.tsx";
import { describeSystem, firstLicence, LICENCES, termsOf } from "./family-text.ts";
import { LicenceMark } from "./licence-mark.tsx";

/** The place in `unixFamily` at which the figure opens. */
export const FIRST_PLACE = unixFamily.findIndex(({ name }) => name === "Seventh Edition");

/** The figure as the server draws it: the whole family, and every system as text. */
export function StillFamily({ texts }: { texts: FigureTexts }) {
  const system = unixFamily[FIRST_PLACE];
  if (system === undefined) return null;
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="system" position={FIRST_PLACE} count={unixFamily.length} />}
      listing={<FamilyListing />}
    >
      <FamilyView
        figure={texts.id}
        period={PERIODS[0]}
        system={system}
        other=""
        ideas={false}
        lit={familyOf(system.name, false)}
      />
    </FigureFrame>
  );
}

interface FamilyViewProps {
  figure: string;
  period: Period;
  system: UnixSystem;
  /** The second system of "what have they in common"; "" for none. */
  other: string;
  /** Whether imitation counts as descent. */
  ideas: boolean;
  /** Systems that stand out. */
  lit: ReadonlySet<string>;
  onMove?: ((name: string) => void) | undefined;
  onPeriod?: ((period: Period) => void) | undefined;
  onOther?: ((name: string) => void) | undefined;
  onIdeas?: ((ideas: boolean) => void) | undefined;
}

/** The choices, the graph with a row for each system, and the chosen one in full. */
export function FamilyView(props: FamilyViewProps) {
  const { figure, period, system, lit, onMove } = props;
  const { rows, edges } = graphOf(period);
  return (
    <>
      <Choices {...props} />
      <div className={css["scroll"]} data-scroller data-period={period.id}>
        <div className={css["graph"]}>
          <FamilyLines rows={rows} edges={edges} lit={lit} chosen={system.name} />
          <ol>
            {rows.map((row) => {
              const { name, date } = row.system;
              return (
                <li key={name} data-lit={lit.has(name)}>
                  <button
                    type="button"
                    tabIndex={-1}
                    aria-pressed={name === system.name}
                    onClick={onMove && (() => onMove(name))}
                  >
                    <span className={css["date"]}>
                      {date.slice(0, 4)}
                      <span>{date.slice(4)}</span>
                    </span>
                    <LicenceMark licence={firstLicence(row.system)} />
                    <b>{name}</b>
                  </button>
                </li>
              );
            })}
          </ol>
        </div>
      </div>
      <Chosen {...props} />
      <p className={css["key"]} aria-hidden="true">
        {(Object.keys(LICENCES) as Licence[]).map((licence) => (
          <span key={licence}>
            <LicenceMark licence={licence} />
            {LICENCES[licence]}
          </span>
        ))}
        <span data-figure-key={figure}>
          <svg viewBox="0 0 28 14" width="28" height="14" aria-hidden="true">
            <path className={css["ideas"]} d="M1 7H27" />
          </svg>
          ideas without text
        </span>
      </p>
    </>
  );
}

function Choices(props: FamilyViewProps) {
  const { figure, period, other, ideas, onPeriod, onOther, onIdeas } = props;
  return (
    <>
      <RunChoice
        legend="Years"
        runs={PERIODS}
        chosen={period.id}
        figure={figure}
        onChoose={onPeriod && ((id) => onPeriod(periodOf(PERIODS, id)))}
      />
      <p className={css["choices"]}>
        <label>
          In common with{" "}
          <select
            value={other}
            disabled={onOther === undefined}
            onChange={onOther && ((event) => onOther(event.currentTarget.value))}
          >
            <option value="">nobody</option>
            {unixFamily.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={ideas}
            readOnly={onIdeas === undefined}
            onChange={onIdeas && ((event) => onIdeas(event.currentTarget.checked))}
          />
          ideas count, too
        </label>
      </p>
    </>
  );
}

function Chosen({ system, other, lit }: FamilyViewProps) {
  const { name, date, parents, ideas, note, source, open } = system;
  return (
    <div className={css["chosen"]}>
      <p>
        <b>{name}</b>
        <span>{date}</span>
        <span>{termsOf(system)}</span>
      </p>
      <p>
        {note !== "" && `${note} `}
        {parents.length > 0 && `Text from ${parents.join(", ")}. `}
        {ideas.length > 0 && `Modelled on ${ideas.join(", ")}. `}
        {inWords(name, other, lit)}
        <small>
          {open !== undefined && `Open: ${open}. `}
          Source: {source}.
        </small>
      </p>
    </div>
  );
}

/** What stands out, in words. */
export function inWords(name: string, other: string, lit: ReadonlySet<string>): string {
  if (other === "") {
    const count = lit.size - 1;
    return count === 0 ? "It has no ancestor in this tree. " : `Ancestors in this tree: ${count}. `;
  }
  const nearest = youngestOf(lit);
  return nearest === undefined
    ? `${name} and ${other} have nothing in common. `
    : `${name} and ${other} share ${lit.size}; the youngest is ${nearest}. `;
}

/** All systems in words. */
export function FamilyListing({ current }: { current?: string }) {
  return (
    <ol className={css["listing"]}>
      {unixFamily.map((system) => (
        <li key={system.name} aria-current={system.name === current ? "step" : undefined}>
          {describeSystem(system)}
        </li>
      ))}
    </ol>
  );
}
