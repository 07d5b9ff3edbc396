import type { ReactNode } from "react";
import type { FigureData } from "#notebook/document";
import { addressSpace } from "./address-space/address-space.tsx";
import { annotatedPost } from "./annotated-post/annotated-post.tsx";
import { StillPipeline } from "./bpf-pipeline/pipeline-view.tsx";
import { StillTimeline } from "./bpf-timeline/timeline-view.tsx";
import { descriptorTable } from "./descriptor-table/descriptor-table.tsx";
import { elfMap } from "./elf-map/elf-map.tsx";
import { EntryDoors } from "./entry-doors/doors-view.tsx";
import css from "./figure.module.css";
import { FigureIsland, type LiveData } from "./figure-island.tsx";
import type { FigureTexts } from "./frame.tsx";
import { int80Scenes } from "./int80-steps/int80-scenes.tsx";
import { StillJit } from "./jit-side-by-side/jit-view.tsx";
import { KernelMap } from "./kernel-map/kernel-map.tsx";
import { linkOrder } from "./link-order/link-order.tsx";
import { modeContext } from "./mode-context/mode-context.tsx";
import { OsModels } from "./os-models/os-models.tsx";
import { pathWalk } from "./path-walk/path-walk.tsx";
import { pipeGauge } from "./pipe-gauge/pipe-gauge.tsx";
import { processTree } from "./process-tree/process-tree.tsx";
import { frameScenes } from "./pt-regs-frame/frame-scenes.tsx";
import { registerPanel } from "./register-panel/register-panel.tsx";
import { StillScenes } from "./scenes/still-scenes.tsx";
import { stateWheel } from "./state-wheel/state-wheel.tsx";
import { statisticCards } from "./statistic-card/statistic-card.tsx";
import { StillSyscallTable } from "./syscall-table/table-view.tsx";
import { StillDial } from "./tnum-dial/dial-view.tsx";
import { twinScenes } from "./twin-stacks/twin-scenes.tsx";
import { StillFamily } from "./unix-family/family-view.tsx";
import { StillVerifier } from "./verifier-stepper/verifier-view.tsx";

import { writeLayers } from "./write-layers/write-layers.tsx";

interface FigureProps {
  id: string;
  title: string;
  caption: string;
  number?: string | undefined;
  data: FigureData;
  /** The figure in words, from the lecture. */
  children: ReactNode;
}

/** A figure of a lecture: drawn whole on the server, alive when a reader comes near it. */
export function Figure({ id, title, caption, number, data, children }: FigureProps) {
  const texts: FigureTexts = { id, title, caption, number, description: children };
  if (data.name === "os-models") {
    return (
      <div id={id} className={css["place"]} data-figure="still">
        <OsModels texts={texts} />
      </div>
    );
  }
  if (data.name === "kernel-map") {
    return (
      <div id={id} className={css["place"]} data-figure="still">
        <KernelMap lectures={data.lectures} texts={texts} />
      </div>
    );
  }
  if (data.name === "entry-doors") {
    return (
      <div id={id} className={css["place"]} data-figure="still">
        <EntryDoors doors={data.doors} texts={texts} />
      </div>
    );
  }
  return (
    <FigureIsland data={data} texts={texts}>
      <Still data={data} texts={texts} />
    </FigureIsland>
  );
}

function Still({ data, texts }: { data: LiveData; texts: FigureTexts }) {
  switch (data.name) {
    case "bpf-pipeline":
      return <StillPipeline run={data} texts={texts} />;
    case "bpf-timeline":
      return <StillTimeline texts={texts} />;
    case "descriptor-table":
      return <StillScenes figure={descriptorTable(data.stories)} texts={texts} />;
    case "elf-map":
      return <StillScenes figure={elfMap(data.map)} texts={texts} />;
    case "link-order":
      return <StillScenes figure={linkOrder(data.stories)} texts={texts} />;
    case "path-walk":
      return <StillScenes figure={pathWalk(data.stories)} texts={texts} />;
    case "pipe-gauge":
      return <StillScenes figure={pipeGauge(data.stories)} texts={texts} />;
    case "process-tree":
      return <StillScenes figure={processTree(data.stories)} texts={texts} />;
    case "int80-steps":
      return <StillScenes figure={int80Scenes(data.runs)} texts={texts} />;
    case "jit-side-by-side":
      return <StillJit comparison={data} texts={texts} />;
    case "pt-regs-frame":
      return <StillScenes figure={frameScenes(data.frames)} texts={texts} />;
    case "register-panel":
      return <StillScenes figure={registerPanel(data.runs)} texts={texts} />;
    case "address-space":
      return <StillScenes figure={addressSpace(data.stories)} texts={texts} />;
    case "state-wheel":
      return <StillScenes figure={stateWheel(data.stories)} texts={texts} />;
    case "mode-context":
      return <StillScenes figure={modeContext(data.runs)} texts={texts} />;
    case "annotated-post":
      return <StillScenes figure={annotatedPost} texts={texts} />;
    case "statistic-card":
      return <StillScenes figure={statisticCards} texts={texts} />;
    case "unix-family":
      return <StillFamily texts={texts} />;
    case "write-layers":
      return <StillScenes figure={writeLayers(data)} texts={texts} />;
    case "syscall-table":
      return <StillSyscallTable rows={data.rows} texts={texts} />;
    case "tnum-dial":
      return <StillDial example={data} texts={texts} />;
    case "twin-stacks":
      return <StillScenes figure={twinScenes(data.runs)} texts={texts} />;
    case "verifier-stepper":
      return <StillVerifier traces={data.traces} texts={texts} />;
  }
}
