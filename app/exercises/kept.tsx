import { KeptSubmissions } from "#notebook/components/kept";
import { currentViewer } from "#server/auth";
import { submitExercise } from "./actions.ts";

/** On every page of somebody who is signed in. */
export async function Kept() {
  const viewer = await currentViewer();
  return viewer && <KeptSubmissions userId={viewer.userId} submit={submitExercise} />;
}
