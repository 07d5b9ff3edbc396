import type { VerifierTrace } from "#notebook/document";
import { describeStep, describeVerdict } from "./step-text.ts";
import css from "./verifier.module.css";

interface StepLogProps {
  traces: readonly VerifierTrace[];
  /** Where the figure stands; absent in the server's picture. */
  current?: { readonly id: string; readonly position: number };
}

/** Every step of every program, in words. */
export function StepLog({ traces, current }: StepLogProps) {
  return traces.map((trace) => (
    <section key={trace.id} className={css["log"]}>
      <p className={css["head"]}>{trace.title}</p>
      <p>
        {trace.hint} {describeVerdict(trace)}
      </p>
      <ol>
        {trace.steps.map((step, position) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            key={position}
            aria-current={
              trace.id === current?.id && position === current.position ? "step" : undefined
            }
            data-path={step.path}
          >
            {describeStep(trace, position)}
          </li>
        ))}
      </ol>
    </section>
  ));
}
