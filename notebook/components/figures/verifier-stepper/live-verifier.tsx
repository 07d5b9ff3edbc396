import { useEffect, useState } from "react";
import type { VerifierTrace } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { readStepAddress, stepAddress } from "../step-address.ts";
import { Stepper } from "../stepper.tsx";
import { StepLog } from "./step-log.tsx";
import { describeStep, describeVerdict } from "./step-text.ts";
import { VerifierView } from "./verifier-view.tsx";

interface LiveVerifierProps {
  traces: readonly VerifierTrace[];
  texts: FigureTexts;
}

interface Place {
  readonly trace: VerifierTrace;
  readonly position: number;
}

/** Any step of any program; the page's address follows, so that a place can be sent to somebody. */
export function LiveVerifier({ traces, texts }: LiveVerifierProps) {
  const [place, setPlace] = useState<Place | undefined>(() => placeIn(traces, texts.id));
  const [said, setSaid] = useState("");
  useEffect(() => {
    const follow = () => {
      if (readStepAddress(texts.id, window.location.hash)) setPlace(placeIn(traces, texts.id));
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [traces, texts.id]);
  if (place === undefined) return null;
  const { trace, position } = place;
  const go = (to: Place, says: string) => {
    setPlace(to);
    setSaid(says);
    // In the place of the current entry: going back leaves the page, not a hundred steps.
    const address = stepAddress(texts.id, to.trace.id, to.position);
    window.history.replaceState(window.history.state, "", address);
  };
  const move = (to: number) => go({ trace, position: to }, describeStep(trace, to));
  const choose = (id: string) => {
    const chosen = traces.find((other) => other.id === id);
    if (chosen === undefined) return;
    go({ trace: chosen, position: 0 }, `${chosen.title}. ${describeVerdict(chosen)}`);
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

/** Where the address points, or the first step of the first program. */
function placeIn(traces: readonly VerifierTrace[], figure: string): Place | undefined {
  const asked = readStepAddress(figure, window.location.hash);
  const trace = traces.find(({ id }) => id === asked?.id);
  if (asked === undefined || trace === undefined) {
    return traces[0] && { trace: traces[0], position: 0 };
  }
  return { trace, position: Math.min(trace.steps.length - 1, Math.max(0, asked.position)) };
}
