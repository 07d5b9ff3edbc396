"use client";

import { useId, useState, useTransition } from "react";
import controls from "../../../controls.module.css";
import { FormMessage } from "../../../form-message.tsx";
import author from "../../author.module.css";
import type { JudgedResult } from "../try-actions.ts";
import { failureText } from "./failure-text.ts";
import { JudgedTable } from "./judged-table.tsx";

interface FilesFormProps {
  course: string;
  document: string;
  /** Stores what is typed; undefined when that was not possible. */
  flush: () => Promise<number | undefined>;
  judge: (input: unknown) => Promise<JudgedResult>;
}

/** Runs the hidden tests against solution, starter and each mutant at once. */
export function FilesForm({ course, document, flush, judge }: FilesFormProps) {
  const [isBusy, start] = useTransition();
  const [answer, setAnswer] = useState<JudgedResult | "no-answer">();
  const message = useId();
  const run = () =>
    start(async () => {
      await flush();
      setAnswer(await judge({ course, document }).catch(() => "no-answer" as const));
    });
  const judged =
    answer !== undefined && answer !== "no-answer" && answer.kind === "judged" ? answer : undefined;
  return (
    <section>
      <h2>Tests</h2>
      <div className={author["version"]}>
        <button
          type="button"
          className={controls["button"]}
          onClick={run}
          disabled={isBusy}
          aria-describedby={message}
        >
          {isBusy ? "Running the tests" : "Run all files"}
        </button>
        <FormMessage
          id={message}
          problem={answer === undefined || judged ? undefined : failureText(answer)}
        />
        {judged !== undefined && <JudgedTable judged={judged} />}
      </div>
    </section>
  );
}
