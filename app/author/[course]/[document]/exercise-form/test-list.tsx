"use client";

import { useEffect, useRef, useState } from "react";
import controls from "../../../../controls.module.css";
import css from "./exercise-form.module.css";
import { Field } from "./field.tsx";
import {
  numberOf,
  type TestFields,
  withField,
  withMovedTest,
  withNewTest,
  withoutTest,
} from "./yaml-fields.ts";

interface TestListProps {
  text: string;
  tests: readonly TestFields[];
  onChange: (text: string) => void;
  problemAt: (...path: (string | number)[]) => string | undefined;
}

/** The hidden tests of an exercise as students read of them. */
export function TestList({ text, tests, onChange, problemAt }: TestListProps) {
  const [taken, setTaken] = useState<{ readonly id: string; readonly text: string }>();
  const list = useRef<HTMLOListElement>(null);
  const [wanted, setWanted] = useState<number>();
  useEffect(() => {
    if (wanted === undefined) return;
    list.current?.querySelectorAll("li")[wanted]?.querySelector("input")?.focus();
    setWanted(undefined);
  }, [wanted]);
  const change = (next: string) => {
    setTaken(undefined);
    onChange(next);
  };
  return (
    <fieldset className={css["tests"]}>
      <legend>Hidden tests</legend>
      <ol ref={list}>
        {tests.map(({ id, title, points, hint }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: its id is being typed
          <li key={at}>
            <Field
              label="Id"
              hint="As in hidden.test.ts"
              value={id}
              onType={(typed) => change(withField(text, ["tests", at, "id"], typed))}
              problem={problemAt("tests", at, "id")}
            />
            <Field
              label="Points"
              isNumber
              value={points}
              onType={(typed) => change(withField(text, ["tests", at, "points"], numberOf(typed)))}
              problem={problemAt("tests", at, "points")}
            />
            <Field
              label="Title, which students read"
              value={title}
              onType={(typed) => change(withField(text, ["tests", at, "title"], typed))}
              problem={problemAt("tests", at, "title")}
            />
            <Field
              label="Hint, which they read when it has failed"
              isLong
              value={hint}
              onType={(typed) => change(withField(text, ["tests", at, "hint"], typed))}
              problem={problemAt("tests", at, "hint")}
            />
            <p className={css["moves"]}>
              <button
                type="button"
                disabled={at === 0}
                onClick={() => change(withMovedTest(text, at, at - 1))}
                aria-label={`Up, ${id || "the test"}`}
              >
                Up
              </button>
              <button
                type="button"
                disabled={at === tests.length - 1}
                onClick={() => change(withMovedTest(text, at, at + 1))}
                aria-label={`Down, ${id || "the test"}`}
              >
                Down
              </button>
              <button
                type="button"
                disabled={tests.length === 1}
                onClick={() => {
                  setTaken({ id, text });
                  onChange(withoutTest(text, at));
                }}
                aria-label={`Take out ${id || "the test"}`}
              >
                Take out
              </button>
            </p>
          </li>
        ))}
      </ol>
      <div className={controls["row"]}>
        <button
          type="button"
          className={controls["button"]}
          onClick={() => {
            change(withNewTest(text));
            setWanted(tests.length);
          }}
        >
          Add a test
        </button>
        <span role="status">
          {taken !== undefined && (
            <>
              {taken.id || "The test"} is taken out.{" "}
              <button type="button" className={css["undo"]} onClick={() => change(taken.text)}>
                Undo
              </button>
            </>
          )}
        </span>
      </div>
    </fieldset>
  );
}
