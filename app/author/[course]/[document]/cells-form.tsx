"use client";

import { useId, useState, useTransition } from "react";
import controls from "../../../controls.module.css";
import { FormMessage } from "../../../form-message.tsx";
import author from "../../author.module.css";
import type { OutputsResult } from "../try-actions.ts";
import { failureText } from "./failure-text.ts";

interface CellsFormProps {
  course: string;
  document: string;
  /** Stores what is typed; undefined when that was not possible. */
  flush: () => Promise<number | undefined>;
  runCells: (input: unknown) => Promise<OutputsResult>;
  /** The text of `outputs.json`. */
  onOutputs: (text: string) => void;
}

/** Runs the lecture's cells, and keeps what they leave as the outputs that readers see first. */
export function CellsForm({ course, document, flush, runCells, onOutputs }: CellsFormProps) {
  const [isBusy, start] = useTransition();
  const [answer, setAnswer] = useState<OutputsResult | "no-answer">();
  const message = useId();
  const run = () =>
    start(async () => {
      await flush();
      const given = await runCells({ course, document }).catch(() => "no-answer" as const);
      setAnswer(given);
      if (given !== "no-answer" && given.kind === "ran") onOutputs(given.text);
    });
  const isDone = answer !== undefined && answer !== "no-answer" && answer.kind === "ran";
  return (
    <section>
      <h2>Cells</h2>
      <div className={author["version"]}>
        <button
          type="button"
          className={controls["button"]}
          onClick={run}
          disabled={isBusy}
          aria-describedby={message}
        >
          {isBusy ? "Running the cells" : "Run all cells, store their outputs"}
        </button>
        <FormMessage
          id={message}
          problem={answer === undefined || isDone ? undefined : failureText(answer)}
          done={isDone ? "What they leave is in outputs.json: look at it, then save." : undefined}
        />
      </div>
    </section>
  );
}
