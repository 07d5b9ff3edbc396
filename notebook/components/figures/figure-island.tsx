"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import type { FigureData } from "#notebook/document";
import css from "./figure.module.css";
import type { FigureTexts } from "./frame.tsx";
import type { SceneFigure } from "./scenes/scene.ts";
import { isAddressed } from "./step-address.ts";

/** A picture alone has nothing to bring alive. */
export type LiveData = Exclude<FigureData, { name: "os-models" | "kernel-map" | "entry-doors" }>;

type Draw = (texts: FigureTexts) => ReactNode;

interface FigureIslandProps {
  data: LiveData;
  texts: FigureTexts;
  /** The figure as the server has drawn it. */
  children: ReactNode;
}

/** Keeps the server's picture, and puts the live figure in its place when a reader comes near. */
export function FigureIsland({ data, texts, children }: FigureIslandProps) {
  const place = useRef<HTMLDivElement>(null);
  const [draw, setDraw] = useState<Draw>();
  useEffect(() => {
    if (place.current === null) return;
    return whenNear(place.current, () => {
      // Without network the picture stays.
      liveFigure(data).then(
        (live) => setDraw(() => live),
        () => undefined,
      );
    });
  }, [data]);
  return (
    <div ref={place} id={texts.id} className={css["place"]} data-figure={draw ? "live" : "still"}>
      {draw ? draw(texts) : children}
    </div>
  );
}

/** Calls `then` once the element is less than a screen away, or when the address speaks of it. */
function whenNear(element: HTMLElement, then: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      then();
    },
    { rootMargin: "50%" },
  );
  if (isAddressed(element.id)) element.scrollIntoView();
  observer.observe(element);
  return () => observer.disconnect();
}

async function liveFigure(data: LiveData): Promise<Draw> {
  switch (data.name) {
    case "bpf-pipeline": {
      const { LivePipeline } = await import("./bpf-pipeline/live-pipeline.tsx");
      return (texts) => <LivePipeline run={data} texts={texts} />;
    }
    case "bpf-timeline": {
      const { LiveTimeline } = await import("./bpf-timeline/live-timeline.tsx");
      return (texts) => <LiveTimeline texts={texts} />;
    }
    case "descriptor-table": {
      const { descriptorTable } = await import("./descriptor-table/descriptor-table.tsx");
      return liveScenes(descriptorTable(data.stories));
    }
    case "elf-map": {
      const { elfMap } = await import("./elf-map/elf-map.tsx");
      return liveScenes(elfMap(data.map));
    }
    case "link-order": {
      const { linkOrder } = await import("./link-order/link-order.tsx");
      return liveScenes(linkOrder(data.stories));
    }
    case "path-walk": {
      const { pathWalk } = await import("./path-walk/path-walk.tsx");
      return liveScenes(pathWalk(data.stories));
    }
    case "pipe-gauge": {
      const { pipeGauge } = await import("./pipe-gauge/pipe-gauge.tsx");
      return liveScenes(pipeGauge(data.stories));
    }
    case "process-tree": {
      const { processTree } = await import("./process-tree/process-tree.tsx");
      return liveScenes(processTree(data.stories));
    }
    case "int80-steps": {
      const { int80Scenes } = await import("./int80-steps/int80-scenes.tsx");
      return liveScenes(int80Scenes(data.runs));
    }
    case "jit-side-by-side": {
      const { LiveJit } = await import("./jit-side-by-side/live-jit.tsx");
      return (texts) => <LiveJit comparison={data} texts={texts} />;
    }
    case "pt-regs-frame": {
      const { frameScenes } = await import("./pt-regs-frame/frame-scenes.tsx");
      return liveScenes(frameScenes(data.frames));
    }
    case "register-panel": {
      const { registerPanel } = await import("./register-panel/register-panel.tsx");
      return liveScenes(registerPanel(data.runs));
    }
    case "address-space": {
      const { addressSpace } = await import("./address-space/address-space.tsx");
      return liveScenes(addressSpace(data.stories));
    }
    case "state-wheel": {
      const { stateWheel } = await import("./state-wheel/state-wheel.tsx");
      return liveScenes(stateWheel(data.stories));
    }
    case "mode-context": {
      const { modeContext } = await import("./mode-context/mode-context.tsx");
      return liveScenes(modeContext(data.runs));
    }
    case "annotated-post": {
      const { annotatedPost } = await import("./annotated-post/annotated-post.tsx");
      return liveScenes(annotatedPost);
    }
    case "statistic-card": {
      const { statisticCards } = await import("./statistic-card/statistic-card.tsx");
      return liveScenes(statisticCards);
    }
    case "unix-family": {
      const { LiveFamily } = await import("./unix-family/live-family.tsx");
      return (texts) => <LiveFamily texts={texts} />;
    }
    case "write-layers": {
      const { writeLayers } = await import("./write-layers/write-layers.tsx");
      return liveScenes(writeLayers(data));
    }
    case "syscall-table": {
      const { LiveSyscallTable } = await import("./syscall-table/live-table.tsx");
      return (texts) => <LiveSyscallTable rows={data.rows} texts={texts} />;
    }
    case "tnum-dial": {
      const { LiveDial } = await import("./tnum-dial/live-dial.tsx");
      return (texts) => <LiveDial example={data} texts={texts} />;
    }
    case "twin-stacks": {
      const { twinScenes } = await import("./twin-stacks/twin-scenes.tsx");
      return liveScenes(twinScenes(data.runs));
    }
    case "verifier-stepper": {
      const { LiveVerifier } = await import("./verifier-stepper/live-verifier.tsx");
      return (texts) => <LiveVerifier traces={data.traces} texts={texts} />;
    }
  }
}

/** A figure of scenes, with what moves it. */
async function liveScenes(figure: SceneFigure): Promise<Draw> {
  const { LiveScenes } = await import("./scenes/live-scenes.tsx");
  return (texts) => <LiveScenes figure={figure} texts={texts} />;
}
