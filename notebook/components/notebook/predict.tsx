"use client";

import { type FormEvent, type ReactNode, useEffect, useId, useState } from "react";
import { spaced } from "../outputs/chart-scale.ts";
import { useCell, useNotebook } from "./context.ts";
import css from "./predict.module.css";

interface PredictProps {
  question: ReactNode;
  /** The cell that answers. */
  cell: string;
  unit?: string;
  /** An expression whose value after the cell is the machine's number. */
  answer?: string | undefined;
}

/** A guess before the machine's answer; afterwards both numbers stand side by side. */
export function Predict({ question, cell: cellId, unit = "", answer }: PredictProps) {
  const notebook = useNotebook();
  const cell = useCell(cellId);
  const label = useId();
  const [guess, setGuess] = useState<string | undefined>(undefined);
  const [draft, setDraft] = useState("");
  const machine = useMachineAnswer(cellId, answer);

  useEffect(() => {
    void notebook.guess(cellId).then((kept) => kept !== undefined && setGuess(kept));
  }, [notebook, cellId]);

  const commit = (event: FormEvent) => {
    event.preventDefault();
    const text = draft.trim().replace(",", ".");
    if (text === "" || !Number.isFinite(Number(text))) return;
    setGuess(text);
    notebook.keepGuess(cellId, text);
  };
  const hasRun = cell.lastRun?.isOk === true && cell.status.kind !== "running";

  return (
    <section className={css["predict"]} aria-labelledby={label}>
      <p className={css["label"]}>
        <b>{guess === undefined ? "Predict" : "Predicted"}</b>
        {guess === undefined ? "before the machine does. Only you see it." : "kept on this device"}
      </p>
      <div className={css["body"]}>
        <p className={css["question"]} id={label}>
          {question}
        </p>
        {guess === undefined ? (
          <form className={css["row"]} onSubmit={commit}>
            <input
              className={css["number"]}
              inputMode="decimal"
              autoComplete="off"
              value={draft}
              aria-label={unit === "" ? "Your guess" : `Your guess, in ${unit}`}
              onChange={(event) => setDraft(event.target.value)}
            />
            {unit !== "" && <span>{unit}</span>}
            <button type="submit" className={css["commit"]}>
              Commit my guess
            </button>
            <button type="button" className={css["skip"]} onClick={() => notebook.run([cellId])}>
              Skip and run
            </button>
          </form>
        ) : (
          <dl className={css["verdict"]}>
            <dt>Your guess</dt>
            <dd>{asNumber(guess)}</dd>
            <dt>The machine</dt>
            <dd>
              {machine !== undefined ? (
                asNumber(machine)
              ) : (
                <span className={css["open"]}>
                  {hasRun ? (
                    `see the output of cell ${cell.number}`
                  ) : (
                    <button
                      type="button"
                      className={css["skip"]}
                      onClick={() => notebook.run([cellId])}
                    >
                      Run cell {cell.number}
                    </button>
                  )}
                </span>
              )}
            </dd>
          </dl>
        )}
      </div>
    </section>
  );
}

/** As the book sets numbers; what is no number stays as it is. */
function asNumber(text: string): string {
  const number = text.replace(/n$/, "");
  return /^-?\d+(\.\d+)?$/.test(number) ? spaced(Number(number)) : text;
}

/** The machine's number, asked for after each good run of the cell. */
function useMachineAnswer(cellId: string, expression: string | undefined): string | undefined {
  const notebook = useNotebook();
  const run = useCell(cellId).lastRun;
  const order = run?.isOk === true && run.isAlive ? run.order : undefined;
  const [value, setValue] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (order === undefined || expression === undefined) return;
    let isWanted = true;
    void notebook.evaluate(`predict-${cellId}`, expression).then((text) => {
      if (isWanted) setValue(text);
    });
    return () => {
      isWanted = false;
    };
  }, [notebook, cellId, expression, order]);
  return value;
}
