import { CodeText } from "#notebook/components";
import {
  ExerciseFrame,
  ExerciseIsland,
  ExerciseStill,
  NotOpenYet,
  ReportStill,
} from "#notebook/components/exercise";
import type { RemoteExercise } from "#notebook/session/exercise";
import { currentViewer, standIn } from "#server/auth";
import { readExerciseSheet, readTask } from "#server/course";
import { db } from "#server/db";
import { maySeeSolution, maySeeTitles, type Viewer } from "#server/policies";
import {
  datedExercise,
  keepsTitlesFromReaders,
  modelSolution,
  untitledTests,
} from "#server/queries";
import { AtExercise } from "../talk/at-place.tsx";
import { loadExerciseDraft, saveExerciseDraftText, submitExercise } from "./actions.ts";
import css from "./exercises.module.css";
import { type Dated, opensLater, readsAsStaff } from "./opens-later.ts";
import { ReportForm } from "./report-form.tsx";
import { studentWork } from "./student-work.ts";
import { TaskText } from "./task-text.tsx";

const REMOTE: RemoteExercise = {
  loadDraft: loadExerciseDraft,
  saveDraft: saveExerciseDraftText,
  submit: submitExercise,
};

interface ExerciseProps {
  id: string;
  /** 1 on a page of its own, 3 in a lecture. */
  level: 1 | 3;
  /** The page that it stands on: there the reader comes back after signing in. */
  path: string;
  /** Why a report that was sent without a script was not taken. */
  refused?: string | undefined;
}

/** An exercise with everything that one does with it; nothing where there is none. */
export async function Exercise({ id, level, path, refused }: ExerciseProps) {
  const [found, task] = await Promise.all([readExerciseSheet(id), readTask(id)]);
  if (found === undefined || task === undefined) return null;
  const at = Date.now();
  const viewer = await currentViewer();
  const dated = viewer && (await datedExercise(db(), { slug: id, userId: viewer.userId }));
  const { manifest } = found.sheet;
  const opening = await opensLater(id, at, dated);
  if (opening !== undefined) {
    return (
      <ExerciseFrame manifest={manifest} level={level} task={undefined}>
        <NotOpenYet {...opening} />
      </ExerciseFrame>
    );
  }
  const isUntitled = manifest.kind === "code" && (await keepsTitlesFrom(viewer, id, at, dated));
  const tests = isUntitled ? untitledTests(manifest.tests) : manifest.tests;
  const sheet = { ...found.sheet, manifest: { ...manifest, tests, ...attemptsOf(dated) } };
  const student = await studentWork(dated, at, isUntitled);
  const signInHref = `/signin?from=${encodeURIComponent(path)}`;
  const mayWrite =
    manifest.kind === "report" && student?.isEnrolled === true && student.dates?.isClosed === false;
  const isForMany = (await standIn()) !== undefined;
  const form =
    mayWrite && !isForMany && !student.isArchived && dated !== undefined ? (
      <ReportForm id={id} exercise={dated.exercise} starter={sheet.starter} refused={refused} />
    ) : undefined;
  const place = dated && { runId: dated.exercise.runId, schedule: dated.schedule, at };
  const maySolve = place !== undefined && maySeeSolution(viewer, place).kind === "allowed";
  const solution = maySolve
    ? await modelSolution(db(), { runId: place.runId, slug: id })
    : undefined;
  return (
    <ExerciseFrame manifest={manifest} level={level} task={<TaskText id={id} task={task} />}>
      <ExerciseIsland
        sheet={sheet}
        student={student}
        remote={REMOTE}
        signInHref={signInHref}
        level={level}
        still={
          manifest.kind === "report" ? (
            <ReportStill {...{ sheet, student, signInHref }} form={form} />
          ) : (
            <ExerciseStill {...{ sheet, student, signInHref }} />
          )
        }
      />
      {solution !== undefined && <ModelSolution source={solution} />}
      <AtExercise lecture={found.lectureSlug} exercise={id} />
    </ExerciseFrame>
  );
}

/** Whether hidden tests are known to the viewer by number alone. */
async function keepsTitlesFrom(
  viewer: Viewer | undefined,
  id: string,
  at: number,
  dated: Dated,
): Promise<boolean> {
  if (dated === undefined) {
    return !(await readsAsStaff(viewer)) && (await keepsTitlesFromReaders(db(), id, at));
  }
  const { exercise, schedule } = dated;
  return maySeeTitles(viewer, { runId: exercise.runId, schedule, at }).kind === "denied";
}

/** The run's own number of attempts, where the viewer is in one. */
function attemptsOf(dated: Dated) {
  return dated === undefined ? {} : { attempts: dated.schedule.attempts };
}

function ModelSolution({ source }: { source: string }) {
  return (
    <details className={css["solution"]}>
      <summary>Model solution</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section aria-label="Model solution" tabIndex={0}>
        <CodeText source={source} hasNumbers={true} badLine={undefined} />
      </section>
    </details>
  );
}
