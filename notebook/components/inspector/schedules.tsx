"use client";

import { type KeyboardEvent, useEffect, useRef } from "react";
import type { InspectedSchedules } from "#notebook/session";
import css from "./schedules.module.css";

interface SchedulesProps {
  found: InspectedSchedules;
  /** How many steps have been made. */
  step: number;
  onStep: (step: number) => void;
  onEnd: (end: number) => void;
}

/** What the race explorer has found: each way to end, and one schedule of it as lanes, a thread each. */
export function Schedules({ found, step, onStep, onEnd }: SchedulesProps) {
  return (
    <>
      <section className={css["section"]}>
        <h3>Ways to end</h3>
        <p className={css["sum"]}>{summary(found)}</p>
        <Ends found={found} onEnd={onEnd} />
      </section>
      <section className={css["section"]}>
        <h3>The first schedule of this end</h3>
        <Lanes found={found} step={step} onStep={onStep} />
      </section>
      <section className={css["section"]}>
        <h3>What differs</h3>
        <Differences found={found} />
      </section>
    </>
  );
}

export function summary({ schedules, failing, ends, isComplete, pruned }: InspectedSchedules) {
  const cut = pruned === 0 ? "" : ` ${pruned} more were given up, since they led nowhere new.`;
  const all = isComplete
    ? "No other schedule ends in another way."
    : "A limit was met: there may be more.";
  return `${schedules} schedules were run, ${failing} of them fail; ${ends.length} ways to end. ${all}${cut}`;
}

function Ends({ found, onEnd }: Pick<SchedulesProps, "found" | "onEnd">) {
  return (
    <div className={css["scroller"]}>
      <table aria-label="Ways to end">
        <thead>
          <tr>
            <th scope="col">end</th>
            <th scope="col" data-right>
              runs
            </th>
            <th scope="col">how</th>
          </tr>
        </thead>
        <tbody>
          {found.ends.map(({ failure, schedules, shared, returned, stuck }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: ends have no other name than their number
            <tr key={at} aria-current={at === found.end || undefined}>
              <td>
                <button type="button" onClick={() => onEnd(at)}>
                  <Mark isFailing={failure !== ""} /> {at + 1}
                </button>
              </td>
              <td data-right>{schedules}</td>
              <td className={css["how"]}>
                {failure !== "" && <b>{failure}</b>}
                <span>{[shared, returned, stuck].filter((text) => text !== "").join("; ")}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Never by colour alone: a word goes with it. */
function Mark({ isFailing }: { isFailing: boolean }) {
  return (
    <span className={css["mark"]} data-failing={isFailing || undefined}>
      {isFailing ? "fails" : "ok"}
    </span>
  );
}

/** A column for each thread, a row for each visible step; what has not happened yet is paler. */
function Lanes({ found, step, onStep }: Pick<SchedulesProps, "found" | "step" | "onStep">) {
  const { threads, words, steps } = found;
  const current = useRef<HTMLTableCellElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another cell is the current one with each step
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [step, found]);
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowDown: step + 1, ArrowUp: step - 1, Home: 0, End: steps.length }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onStep(Math.min(Math.max(to, 0), steps.length));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be no scroller
    <div
      className={css["scroller"]}
      role="group"
      aria-label="The schedule, step by step: arrows up and down go through it"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and its keys step
      tabIndex={0}
      onKeyDown={keys}
    >
      <table className={css["lanes"]} aria-label="Steps by thread">
        <thead>
          <tr>
            <th scope="col" data-right>
              step
            </th>
            {threads.map((thread) => (
              <th key={thread} scope="col" className={css["lane"]}>
                {thread}
              </th>
            ))}
            {words.map((word) => (
              <th key={word} scope="col" data-right>
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map(({ thread, what, kind, values }, at) => (
            <tr
              // biome-ignore lint/suspicious/noArrayIndexKey: steps stand where they stand
              key={at}
              aria-current={at + 1 === step ? "step" : undefined}
              data-later={at + 1 > step || undefined}
            >
              <td data-right>
                <button type="button" tabIndex={-1} onClick={() => onStep(at + 1)}>
                  {at + 1}
                </button>
              </td>
              {threads.map((lane) => (
                <td
                  key={lane}
                  ref={lane === thread && at + 1 === step ? current : undefined}
                  className={css["lane"]}
                  data-kind={lane === thread ? kind : undefined}
                >
                  {lane === thread ? what : ""}
                </td>
              ))}
              {words.map((word, i) => (
                <td
                  key={word}
                  data-right
                  data-changed={(at > 0 && values[i] !== steps[at - 1]?.values[i]) || undefined}
                >
                  {values[i]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Differences({ found: { differs, comparedTo, end } }: Pick<SchedulesProps, "found">) {
  if (comparedTo < 0) return <p>There is no other kind of end to compare it to.</p>;
  if (differs.length === 0) return <p>Nothing that this view knows of.</p>;
  return (
    <div className={css["scroller"]}>
      <table aria-label="What differs">
        <thead>
          <tr>
            <th scope="col">value</th>
            <th scope="col">end {end + 1}</th>
            <th scope="col">end {comparedTo + 1}</th>
          </tr>
        </thead>
        <tbody>
          {differs.map(({ what, here, there }) => (
            <tr key={what}>
              <td>{what}</td>
              <td data-changed>{here}</td>
              <td>{there}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same in letters of equal width. */
export function schedulesAsText(found: InspectedSchedules, step: number): string {
  const ends = found.ends.map(
    ({ failure, schedules, shared, returned, stuck }, at) =>
      `${at === found.end ? ">" : " "} ${at + 1}. ${failure === "" ? "ok" : `FAILS: ${failure}`}; ${schedules} schedules${part("shared", shared)}${part("returned", returned)}${part("wait for ever", stuck)}`,
  );
  const steps = found.steps.map(({ thread, what, values }, at) => {
    const words = found.words.map((word, i) => `${word}=${values[i]}`).join(" ");
    return `${at + 1 === step ? ">" : " "} ${String(at + 1).padStart(3)}  ${thread}: ${what}${words === "" ? "" : `   ${words}`}`;
  });
  const differs = found.differs.map(
    ({ what, here, there }) => `  ${what}: ${here}, and ${there} at end ${found.comparedTo + 1}`,
  );
  return [
    summary(found),
    `Ways to end\n${ends.join("\n")}`,
    `The first schedule of end ${found.end + 1}\n${steps.join("\n")}`,
    `What differs\n${differs.length === 0 ? "  nothing" : differs.join("\n")}`,
  ].join("\n\n");
}

function part(name: string, text: string): string {
  return text === "" ? "" : `; ${name}: ${text}`;
}
