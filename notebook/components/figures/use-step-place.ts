import { useEffect, useState } from "react";
import { readStepAddress, stepAddress } from "./step-address.ts";

/** A step of one of a figure's runs. */
export interface StepPlace<Run> {
  readonly run: Run;
  /** From 0. */
  readonly position: number;
}

/**
 * Where a figure stands, and how it goes elsewhere; the page's address follows, so that a place can be sent to
 * somebody. Undefined for a figure without runs.
 *
 * @param countOf how many steps a run has; the same function at every call
 */
export function useStepPlace<Run extends { readonly id: string }>(
  figure: string,
  runs: readonly Run[],
  countOf: (run: Run) => number,
): readonly [StepPlace<Run> | undefined, (to: StepPlace<Run>) => void] {
  const [place, setPlace] = useState(() => placeIn(figure, runs, countOf));
  useEffect(() => {
    const follow = () => {
      if (readStepAddress(figure, window.location.hash)) setPlace(placeIn(figure, runs, countOf));
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [figure, runs, countOf]);
  const go = (to: StepPlace<Run>) => {
    setPlace(to);
    // In the place of the current entry: going back leaves the page, not a hundred steps.
    const address = stepAddress(figure, to.run.id, to.position);
    window.history.replaceState(window.history.state, "", address);
  };
  return [place, go];
}

/** Where the address points, or the first step of the first run. */
function placeIn<Run extends { readonly id: string }>(
  figure: string,
  runs: readonly Run[],
  countOf: (run: Run) => number,
): StepPlace<Run> | undefined {
  const asked = readStepAddress(figure, window.location.hash);
  const run = runs.find(({ id }) => id === asked?.id);
  if (asked === undefined || run === undefined) return runs[0] && { run: runs[0], position: 0 };
  return { run, position: Math.min(countOf(run) - 1, Math.max(0, asked.position)) };
}
