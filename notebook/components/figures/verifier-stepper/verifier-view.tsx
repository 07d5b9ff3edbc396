import type { TraceStep, VerifierTrace } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { RunChoice } from "../run-choice.tsx";
import { Stepper } from "../stepper.tsx";
import { PathTree } from "./path-tree.tsx";
import { ProgramText } from "./program-text.tsx";
import { ReachRuler } from "./reach-ruler.tsx";
import { Registers } from "./registers.tsx";
import { StepLog } from "./step-log.tsx";
import { describeVerdict, endOf } from "./step-text.ts";
import css from "./verifier.module.css";

/** The figure as the server draws it: the first program at its first step, and all steps as text. */
export function StillVerifier({
  traces,
  texts,
}: {
  traces: readonly VerifierTrace[];
  texts: FigureTexts;
}) {
  const [trace] = traces;
  if (trace === undefined) return null;
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="step" position={0} count={trace.steps.length} />}
      listing={<StepLog traces={traces} />}
    >
      <VerifierView traces={traces} trace={trace} position={0} figure={texts.id} />
    </FigureFrame>
  );
}

interface VerifierViewProps {
  traces: readonly VerifierTrace[];
  trace: VerifierTrace;
  position: number;
  /** The figure's id. */
  figure: string;
  onChoose?: ((id: string) => void) | undefined;
  onMove?: ((position: number) => void) | undefined;
}

/** One program at one step: its text, what is known, the tree of paths, and the log's own line. */
export function VerifierView(props: VerifierViewProps) {
  const { traces, trace, position, figure, onChoose, onMove } = props;
  const step = trace.steps[position];
  if (step === undefined) return null;
  const valueSize = trace.steps.find(({ reach }) => reach !== undefined)?.reach?.valueSize;
  return (
    <>
      <RunChoice
        legend="Program"
        runs={traces}
        chosen={trace.id}
        figure={figure}
        onChoose={onChoose}
      />
      <p className={css["hint"]}>
        {trace.hint} <Verdict trace={trace} />
      </p>
      <div className={css["panes"]}>
        <ProgramText trace={trace} position={position} onMove={onMove} />
        <div className={css["known"]}>
          <p className={css["head"]}>
            Known before {step.slot} <span>{describePath(trace, step)}</span>
          </p>
          <Registers trace={trace} step={step} />
          {valueSize !== undefined && <ReachRuler reach={step.reach} valueSize={valueSize} />}
        </div>
        <div className={css["paths"]}>
          <p className={css["head"]}>
            Paths <span>{countPaths(trace, position)}</span>
          </p>
          <PathTree trace={trace} position={position} figure={figure} onMove={onMove} />
        </div>
      </div>
      <p className={css["line"]}>
        <span>
          {step.slot}: {textAt(trace, step)}
        </span>
        <span className={css["after"]}>{step.after || endOf(trace, step)}</span>
        <span className={css["exact"]}>{step.exact && `had to be exact: ${step.exact}`}</span>
      </p>
    </>
  );
}

function Verdict({ trace }: { trace: VerifierTrace }) {
  return <b className={css[trace.isAccepted ? "accepted" : "refused"]}>{describeVerdict(trace)}</b>;
}

function textAt(trace: VerifierTrace, step: TraceStep): string {
  return trace.program.find(({ slot }) => slot === step.slot)?.text ?? "";
}

function describePath(trace: VerifierTrace, step: TraceStep): string {
  return trace.paths.length === 1 ? "the only path" : `path ${step.path + 1}`;
}

function countPaths(trace: VerifierTrace, position: number): string {
  const walked = trace.steps.filter((step, at) => at < position && step.end !== undefined).length;
  const begun = new Set(trace.steps.slice(0, position + 1).map(({ path }) => path));
  const waiting = trace.paths.filter(
    ({ branchedAt }, path) => !begun.has(path) && branchedAt !== undefined && branchedAt < position,
  ).length;
  // After a refusal nothing is taken up again, and nothing is known of what was put aside.
  if (!trace.isAccepted) return `${walked} walked, 1 here`;
  return `${walked} walked, 1 here, ${waiting} waiting`;
}
