import { useState } from "react";
import type { PipelineRun } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { PipelineListing, PipelineView } from "./pipeline-view.tsx";
import { STAGES } from "./stages.ts";

/** The pipeline, stage by stage. */
export function LivePipeline({ run, texts }: { run: PipelineRun; texts: FigureTexts }) {
  const [position, setPosition] = useState(0);
  const [said, setSaid] = useState("");
  const move = (to: number) => {
    setPosition(to);
    const stage = STAGES[to];
    if (stage !== undefined) setSaid(`${stage.title}: ${stage.says(run)}`);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={<Stepper unit="stage" position={position} count={STAGES.length} onMove={move} />}
      listing={<PipelineListing run={run} current={position} />}
    >
      <PipelineView run={run} position={position} onMove={move} />
    </LiveFrame>
  );
}
