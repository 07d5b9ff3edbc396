import { useState } from "react";
import type { JitComparison, JitProgram } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { useStepPlace } from "../use-step-place.ts";
import { describeRow, JitListing, JitView } from "./jit-view.tsx";

const rowsOf = (program: JitProgram) => program.rows.length;

/** Any line of any program; the page's address follows. */
export function LiveJit({ comparison, texts }: { comparison: JitComparison; texts: FigureTexts }) {
  const { programs } = comparison;
  const [place, go] = useStepPlace(texts.id, programs, rowsOf);
  const [said, setSaid] = useState("");
  if (place === undefined) return null;
  const { run: program, position } = place;
  const move = (to: number) => {
    const row = program.rows[to];
    if (row === undefined) return;
    go({ run: program, position: to });
    setSaid(describeRow(row));
  };
  const choose = (id: string) => {
    const chosen = programs.find((other) => other.id === id);
    if (chosen === undefined) return;
    go({ run: chosen, position: 0 });
    setSaid(`${chosen.title}. ${chosen.hint}`);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={
        <Stepper unit="line" position={position} count={program.rows.length} onMove={move} />
      }
      listing={<JitListing comparison={comparison} current={{ id: program.id, position }} />}
    >
      <JitView
        comparison={comparison}
        program={program}
        position={position}
        figure={texts.id}
        onChoose={choose}
        onMove={move}
      />
    </LiveFrame>
  );
}
