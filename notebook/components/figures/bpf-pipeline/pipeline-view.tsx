import type { PipelineRun } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { Stepper } from "../stepper.tsx";
import css from "./pipeline.module.css";
import { STAGES, type Stage } from "./stages.ts";

/** The figure as the server draws it: the first stage, and all of them as text. */
export function StillPipeline({ run, texts }: { run: PipelineRun; texts: FigureTexts }) {
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="stage" position={0} count={STAGES.length} />}
      listing={<PipelineListing run={run} />}
    >
      <PipelineView run={run} position={0} />
    </FigureFrame>
  );
}

interface PipelineViewProps {
  run: PipelineRun;
  position: number;
  onMove?: ((position: number) => void) | undefined;
}

/** The way with its five stages, and below what this one has made of each instruction. */
export function PipelineView({ run, position, onMove }: PipelineViewProps) {
  const stage = STAGES[position];
  if (stage === undefined) return null;
  return (
    <>
      <ol className={css["stages"]} data-scroller>
        {STAGES.map(({ title, mode }, at) => (
          <li
            key={title}
            data-mode={mode}
            data-past={at < position}
            aria-current={at === position ? "step" : undefined}
          >
            <button type="button" tabIndex={-1} onClick={onMove && (() => onMove(at))}>
              <b>
                {at + 1} {title}
              </b>
              <span className={css["mode"]}>{mode}</span>
            </button>
          </li>
        ))}
      </ol>
      <div className={css["scroll"]} data-scroller>
        <table className={css["insns"]} data-mode={stage.mode}>
          <thead>
            <tr>
              <th scope="col">slot</th>
              <th scope="col">instruction</th>
              <th scope="col">{stage.head}</th>
            </tr>
          </thead>
          <tbody>
            {run.insns.map((insn) => (
              <tr key={insn.slot}>
                <td>{insn.slot}</td>
                <td>{insn.source}</td>
                <td>
                  {stage.shows(insn, run).map((line) => (
                    <span
                      key={line}
                      className={position > 0 ? `${css["slot"]} ${css["new"]}` : css["slot"]}
                    >
                      {line}
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={css["says"]}>{stage.says(run)}</p>
    </>
  );
}

/** All stages, one after the other, in words. */
export function PipelineListing({ run, current }: { run: PipelineRun; current?: number }) {
  return (
    <ol className={css["listing"]}>
      {STAGES.map((stage, at) => (
        <li key={stage.title} aria-current={at === current ? "step" : undefined}>
          <b>{stage.title}</b> ({stage.mode}). {stage.says(run)}{" "}
          <Instructions stage={stage} run={run} />
        </li>
      ))}
    </ol>
  );
}

function Instructions({ stage, run }: { stage: Stage; run: PipelineRun }) {
  if (stage.mode === "BPF") return null;
  return (
    <ol>
      {run.insns.map((insn) => (
        <li key={insn.slot}>
          <code>{insn.source}</code>: <code>{stage.shows(insn, run).join(" ")}</code>
        </li>
      ))}
    </ol>
  );
}
