import type { FigureData, FigureName } from "#notebook/document";
import { pipelineRun } from "./pipeline-run.ts";
import { tnumExample } from "./tnum-example.ts";
import { verifierTraces } from "./verifier-traces.ts";

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
    case "tnum-dial":
      return { name, ...tnumExample() };
    case "verifier-stepper":
      return { name, traces: verifierTraces() };
    case "bpf-timeline":
      return { name };
    case "os-models":
      return { name };
  }
}
