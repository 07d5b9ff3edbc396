import type { EntryRun } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import { describeEvent } from "./entry-state.ts";
import { Int80View } from "./int80-view.tsx";

/** A system call through each door, event by event. */
export function int80Scenes(runs: readonly EntryRun[]): SceneFigure {
  return {
    unit: "event",
    choice: "Door",
    scenes: runs.map((run) => ({
      id: run.id,
      title: run.title,
      hint: run.hint,
      count: run.events.length,
      says: (position) => describeEvent(run, position),
      draw: (position, onMove) => <Int80View run={run} position={position} onMove={onMove} />,
    })),
  };
}
