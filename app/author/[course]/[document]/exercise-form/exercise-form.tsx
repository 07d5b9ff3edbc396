"use client";

import { useMemo } from "react";
import css from "./exercise-form.module.css";
import { Field } from "./field.tsx";
import { TestList } from "./test-list.tsx";
import { useProblems } from "./use-problems.ts";
import {
  type ExerciseFields,
  type FieldPath,
  type FieldValue,
  LIMITS,
  type Limit,
  numberOf,
  readFields,
  seedsOf,
  withField,
} from "./yaml-fields.ts";

interface ExerciseFormProps {
  course: string;
  documentId: string;
  /** Of `exercise.yaml`. */
  text: string;
  onChange: (text: string) => void;
}

const LIMIT_WORDS: Readonly<Record<Limit, readonly [string, string]>> = {
  cpuSeconds: ["CPU time, in s", "10, at most 60"],
  wallSeconds: ["Time, in s", "20, at most 120"],
  memoryMiB: ["Memory, in MiB", "512, at most 2048"],
};

/** `exercise.yaml` as a form: what is typed here stands in the text at once, and the other way round. */
export function ExerciseForm({ course, documentId, text, onChange }: ExerciseFormProps) {
  const reading = useMemo(() => readFields(text), [text]);
  const problems = useProblems({ course, documentId, text });
  if (reading.kind === "broken") {
    return (
      <div className={css["form"]}>
        <p className={css["broken"]} role="status">
          The text cannot be read from line {reading.line} on: mend it there, and its fields come
          back.
        </p>
      </div>
    );
  }
  const { fields } = reading;
  const problemAt = (...path: FieldPath) => problems.at.get(path.join("."));
  const put = (path: FieldPath, value: FieldValue | undefined) =>
    onChange(withField(text, path, value));
  const optional = (path: FieldPath) => (typed: string) =>
    put(path, typed.trim() === "" ? undefined : numberOf(typed));
  return (
    <section className={css["form"]} aria-label="The exercise as a form">
      {problems.elsewhere.length > 0 && (
        <ul className={css["elsewhere"]}>
          {problems.elsewhere.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      <div className={css["pair"]}>
        <Field
          label="Number"
          hint="Like E7.2"
          value={fields.number}
          onType={(typed) => put(["number"], typed)}
          problem={problemAt("number")}
        />
        <Field
          label="Title"
          value={fields.title}
          onType={(typed) => put(["title"], typed)}
          problem={problemAt("title")}
        />
      </div>
      <div className={css["row"]}>
        <Field
          label="Attempts"
          hint="Empty: no limit"
          isNumber
          value={fields.attempts}
          onType={optional(["attempts"])}
          problem={problemAt("attempts")}
        />
        <Field
          label="Points in all"
          hint={pointsHint(fields)}
          isNumber
          value={fields.points}
          onType={optional(["points"])}
          problem={problemAt("points")}
        />
        <Field
          label="Seeds"
          hint="1 to 20 numbers"
          value={fields.seeds}
          onType={(typed) => put(["seeds"], seedsOf(typed))}
          problem={problemIn(problems.at, "seeds")}
        />
      </div>
      <div className={css["row"]}>
        {LIMITS.map((limit) => (
          <Field
            key={limit}
            label={LIMIT_WORDS[limit][0]}
            hint={`Empty: ${LIMIT_WORDS[limit][1]}`}
            isNumber
            value={fields.limits[limit]}
            onType={optional(["limits", limit])}
            problem={problemAt("limits", limit)}
          />
        ))}
      </div>
      <TestList text={text} tests={fields.tests} onChange={onChange} problemAt={problemAt} />
    </section>
  );
}

function pointsHint({ tests }: ExerciseFields): string {
  const sum = tests.reduce((all, { points }) => all + (Number(points) || 0), 0);
  return `Empty: what the tests add up to, ${sum}`;
}

/** Of a list in one field: whatever part of it is meant. */
function problemIn(at: ReadonlyMap<string, string>, path: string): string | undefined {
  return [...at].find(([place]) => place === path || place.startsWith(`${path}.`))?.[1];
}
