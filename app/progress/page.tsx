import type { Metadata } from "next";
import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { readLectures } from "#server/course";
import { db } from "#server/db";
import { mayChooseCounting, maySeeOwnProgress } from "#server/policies";
import { ownProgress, ownReading, runOfReader } from "#server/queries";
import desk from "../class/class.module.css";
import { Counting } from "./counting.tsx";
import { OwnExercises } from "./own-exercises.tsx";
import { OwnLectures } from "./own-lectures.tsx";

export const metadata: Metadata = { title: "Your progress" };

/** What the viewer has made of the exercises and lectures of the run that their pages belong to. */
export default async function OwnProgressPage() {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/progress");
  const { userId } = viewer;
  const run = await runOfReader(db(), userId);
  if (run === undefined || maySeeOwnProgress(viewer, run.runId).kind === "denied") forbidden();
  const { runId } = run;
  const [exercises, reading, lectures] = await Promise.all([
    ownProgress(db(), { runId, userId }),
    ownReading(db(), { runId, userId }),
    readLectures(),
  ]);
  const isCounted = mayChooseCounting(viewer, runId).kind === "allowed";
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Your progress</h1>
        <p>{run.title}</p>
      </div>
      {exercises.length === 0 ? (
        <p className={desk["empty"]}>The course has no exercises yet.</p>
      ) : (
        <OwnExercises exercises={exercises} />
      )}
      {isCounted && run.isCounted && <OwnLectures lectures={lectures} reading={reading} />}
      {isCounted && <Counting runId={runId} isCounted={run.isCounted} />}
    </main>
  );
}
