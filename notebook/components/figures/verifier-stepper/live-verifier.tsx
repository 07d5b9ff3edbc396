import { useState } from "react";
import type { VerifierTrace } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { useStepPlace } from "../use-step-place.ts";
import { StepLog } from "./step-log.tsx";
import { describeStep, describeVerdict } from "./step-text.ts";
import { VerifierView } from "./verifier-view.tsx";

interface LiveVerifierProps {
  traces: readonly VerifierTrace[];
  texts: FigureTexts;
}

const stepsOf = (trace: VerifierTrace) => trace.steps.length;

/** Any step of any program; the page's address follows, so that a place can be sent to somebody. */
export function LiveVerifier({ traces, texts }: LiveVerifierProps) {
  const [place, go] = useStepPlace(texts.id, traces, stepsOf);
  const [said, setSaid] = useState("");
  if (place === undefined) return null;
  const { run: trace, position } = place;
  const move = (to: number) => {
    go({ run: trace, position: to });
    setSaid(describeStep(trace, to));
  };
  const choose = (id: string) => {
    const chosen = traces.find((other) => other.id === id);
    if (chosen === undefined) return;
    go({ run: chosen, position: 0 });
    setSaid(`${chosen.title}. ${describeVerdict(chosen)}`);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={
        <Stepper unit="step" position={position} count={trace.steps.length} onMove={move} />
      }
      listing={<StepLog traces={traces} current={{ id: trace.id, position }} />}
    >
      <VerifierView
        traces={traces}
        trace={trace}
        position={position}
        figure={texts.id}
        onChoose={choose}
        onMove={move}
      />
    </LiveFrame>
  );
}
