import type { FigureData, FigureName } from "#notebook/document";
import { addressStories } from "./address-stories.ts";
import { descriptorStories } from "./descriptor-stories.ts";
import { elfMap } from "./elf-map.ts";
import { entryDoors } from "./entry-doors.ts";
import { entryRuns } from "./entry-runs.ts";
import { frameLayouts } from "./frame-layouts.ts";
import { jitComparison } from "./jit-comparison.ts";
import { mapLectures } from "./kernel-map.ts";
import { linkStories } from "./link-stories.ts";
import { modeRuns } from "./mode-runs.ts";
import { pathStories } from "./path-stories.ts";
import { pipeStories } from "./pipe-stories.ts";
import { pipelineRun } from "./pipeline-run.ts";
import { processStories } from "./process-stories.ts";
import { registerRuns } from "./register-runs.ts";
import { stateStories } from "./state-stories.ts";
import { syscallTableRows } from "./syscall-table-rows.ts";
import { tnumExample } from "./tnum-example.ts";
import { twinRuns } from "./twin-runs.ts";
import { verifierTraces } from "./verifier-traces.ts";
import { writeLayers } from "./write-layers.ts";

const known = new Map<FigureName, FigureData>();

/** What the figure `name` draws, found out by the simulator at its first use. */
export function figureData(name: FigureName): FigureData {
  const found = known.get(name) ?? findOut(name);
  known.set(name, found);
  return found;
}

function findOut(name: FigureName): FigureData {
  switch (name) {
    case "bpf-pipeline":
      return { name, ...pipelineRun() };
    case "descriptor-table":
      return { name, stories: descriptorStories() };
    case "elf-map":
      return { name, map: elfMap() };
    case "link-order":
      return { name, stories: linkStories() };
    case "path-walk":
      return { name, stories: pathStories() };
    case "pipe-gauge":
      return { name, stories: pipeStories() };
    case "process-tree":
      return { name, stories: processStories() };
    case "entry-doors":
      return { name, doors: entryDoors() };
    case "twin-stacks":
      return { name, runs: twinRuns() };
    case "int80-steps":
      return { name, runs: entryRuns() };
    case "jit-side-by-side":
      return { name, ...jitComparison() };
    case "pt-regs-frame":
      return { name, frames: frameLayouts() };
    case "syscall-table":
      return { name, rows: syscallTableRows() };
    case "tnum-dial":
      return { name, ...tnumExample() };
    case "verifier-stepper":
      return { name, traces: verifierTraces() };
    case "kernel-map":
      return { name, lectures: mapLectures() };
    case "register-panel":
      return { name, runs: registerRuns() };
    case "address-space":
      return { name, stories: addressStories() };
    case "state-wheel":
      return { name, stories: stateStories() };
    case "mode-context":
      return { name, runs: modeRuns() };
    case "annotated-post":
      return { name };
    case "statistic-card":
      return { name };
    case "unix-family":
      return { name };
    case "write-layers":
      return { name, ...writeLayers() };
    case "bpf-timeline":
      return { name };
    case "os-models":
      return { name };
  }
}
