import type { Root } from "hast";
import type { ReactNode } from "react";
import { ExerciseFrame, ExerciseIsland, ExerciseStill } from "#notebook/components/exercise";
import type { RemoteExercise } from "#notebook/session/exercise";
import { readExerciseSheet, readTask } from "#server/course";
import { AtExercise } from "../talk/at-place.tsx";
import { loadExerciseDraft, saveExerciseDraftText, submitExercise } from "./actions.ts";
import { studentWork } from "./student-work.ts";

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
  /** Sets what is asked as the page sets its prose. */
  renderTask: (task: Root) => ReactNode;
}

/** An exercise with everything that one does with it; nothing where there is none. */
export async function Exercise({ id, level, path, renderTask }: ExerciseProps) {
  const [found, task] = await Promise.all([readExerciseSheet(id), readTask(id)]);
  if (found === undefined || task === undefined) return null;
  const { sheet, lectureSlug } = found;
  const student = await studentWork(id);
  const signInHref = `/signin?from=${encodeURIComponent(path)}`;
  return (
    <ExerciseFrame manifest={sheet.manifest} level={level} task={renderTask(task)}>
      <ExerciseIsland
        sheet={sheet}
        student={student}
        remote={REMOTE}
        signInHref={signInHref}
        still={<ExerciseStill sheet={sheet} student={student} signInHref={signInHref} />}
      />
      <AtExercise lecture={lectureSlug} exercise={id} />
    </ExerciseFrame>
  );
}
