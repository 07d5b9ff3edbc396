"use client";

import { useActionState } from "react";
import controls from "../../../controls.module.css";
import form from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { counting, leaving, NOT_ALLOWED } from "./change-words.ts";
import { FIELD_NAMES } from "./date-fields.ts";
import css from "./dates.module.css";
import {
  type DatesFormState,
  moveDatesByForm,
  setDateByForm,
  takeDatesBackByForm,
} from "./form-actions.ts";

interface DatesFormProps {
  run: string;
  /** What dates are of, as the form sends it. */
  rows: readonly { readonly value: string; readonly label: string }[];
  sections: readonly { readonly id: string; readonly name: string }[];
}

/** What the table does at a click, where no script runs. */
export function DatesForm({ run, rows, sections }: DatesFormProps) {
  const [set, setAction] = useActionState(setDateByForm, EMPTY);
  const [moved, moveAction] = useActionState(moveDatesByForm, EMPTY);
  const [back, backAction] = useActionState(takeDatesBackByForm, EMPTY);
  const before = [set, moved].find((state) => state.kind === "changed")?.before;
  const { typed } = set;
  return (
    <div className={css["forms"]}>
      {(before !== undefined || back.kind !== "empty") && (
        <div className={css["done"]}>
          {before !== undefined && (
            <form action={backAction} className={form["form"]}>
              <input type="hidden" name="run" value={run} />
              <input type="hidden" name="before" value={before} />
              <FormMessage id="dates-done" problem={undefined} done={doneIn([set, moved])} />
              <button type="submit" className={controls["button"]}>
                Take it back
              </button>
            </form>
          )}
          <FormMessage id="dates-back" problem={problemOf(back)} done={backIn(back, rows)} />
        </div>
      )}
      <section>
        <h2>Change a date</h2>
        <form action={setAction} className={form["form"]}>
          <input type="hidden" name="run" value={run} />
          <label>
            Lecture, exercise
            <select name="row" defaultValue={typed?.row}>
              {rows.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label>
            What
            <select name="field" defaultValue={typed?.field ?? "dueAt"}>
              {Object.entries(FIELD_NAMES).map(([field, name]) => (
                <option key={field} value={field}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {sections.length > 0 && (
            <label>
              For
              <select name="section" defaultValue={typed?.section}>
                <option value="">Everybody</option>
                {sections.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label>
            For one student alone
            <input
              name="student"
              maxLength={100}
              autoComplete="off"
              defaultValue={typed?.student}
            />
            <small>A part of the name, or the user name. Empty: for all of them.</small>
          </label>
          <label>
            Date, number, yes or no
            <input
              name="text"
              maxLength={100}
              autoComplete="off"
              defaultValue={set.kind === "changed" ? "" : typed?.text}
              aria-describedby="dates-set"
            />
            <small>
              2026-11-20 23:59, or +7 for a week later; none: no date; empty: as the rows above
            </small>
          </label>
          <FormMessage id="dates-set" problem={problemOf(set)} />
          <button type="submit" className={controls["button"]}>
            Set it
          </button>
        </form>
      </section>
      <section>
        <h2>Move all dates</h2>
        <form action={moveAction} className={form["form"]}>
          <input type="hidden" name="run" value={run} />
          <label>
            By so many days
            <input name="days" type="number" min={-1000} max={1000} defaultValue={7} required />
            <small>-7: a week earlier</small>
          </label>
          <FormMessage id="dates-moved" problem={problemOf(moved)} />
          <button type="submit" className={controls["button"]}>
            Move
          </button>
        </form>
      </section>
    </div>
  );
}

const EMPTY: DatesFormState = { kind: "empty" };

function problemOf(state: DatesFormState): string | undefined {
  if (state.kind === "invalid") return state.problem;
  return state.kind === "denied" ? NOT_ALLOWED : undefined;
}

function doneIn(states: readonly DatesFormState[]): string | undefined {
  const done = states.find((state) => state.kind === "changed");
  return done && `It is changed${counting(done.submissions)}.`;
}

function backIn(state: DatesFormState, rows: DatesFormProps["rows"]): string | undefined {
  if (state.kind !== "changed") return undefined;
  const { before, submissions, kept } = state;
  const begin = before === "[]" ? "It is not taken back" : "It is taken back";
  const nameOf = ({ exerciseId, lectureSlug }: (typeof kept)[number]["target"]) => {
    const lecture = lectureSlug === undefined ? "" : `lecture:${lectureSlug}`;
    const value = exerciseId === undefined ? lecture : `exercise:${exerciseId}`;
    return rows.find((row) => row.value === value)?.label;
  };
  return `${begin}${counting(submissions)}${leaving(kept, nameOf)}.`;
}
