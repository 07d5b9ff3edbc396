import { db } from "#server/db";
import { type ClassRun, regradesOf } from "#server/queries";
import { regradeUrl } from "../urls.ts";
import { RegradeBar } from "./regrade-bar.tsx";

interface LatestRegradeProps {
  run: ClassRun;
  mayRegrade: boolean;
}

/** For so long after its end a regrade is spoken of on every page of the class, in ms. */
const REMEMBERED_MS = 5 * 60_000;

/** How far the newest regrade of the run is, or what it has just changed. */
export async function LatestRegrade({ run, mayRegrade }: LatestRegradeProps) {
  const [latest] = await regradesOf(db(), run.id, 1);
  if (latest === undefined) return null;
  const { id, exercise, total, done, cancelled, changed, endedAt, state } = latest;
  // What is only tried has a place of its own.
  if (state !== "direct" && endedAt !== undefined) return null;
  if (endedAt !== undefined && Date.now() - endedAt.getTime() > REMEMBERED_MS) return null;
  return (
    <RegradeBar
      run={run.slug}
      regrade={id}
      what={exercise === undefined ? "" : `${exercise}: `}
      progress={{ total, done, cancelled, changed, hasEnded: endedAt !== undefined }}
      changesUrl={regradeUrl(run.slug, id)}
      isDry={state === "dry"}
      mayUndo={mayRegrade}
    />
  );
}
