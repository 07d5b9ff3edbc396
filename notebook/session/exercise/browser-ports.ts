import type { ExerciseSheet } from "#notebook/document";
import { openExerciseDrafts } from "./browser-drafts.ts";
import { BrowserOutbox } from "./browser-outbox.ts";
import type { ExercisePorts } from "./exercise-session.ts";
import { followSubmission } from "./follow-submission.ts";
import type { RemoteExercise } from "./remote.ts";

/** The browser as an open exercise needs it. The sandbox is fetched with the first test. */
export function browserExercisePorts(
  { manifest, starter }: ExerciseSheet,
  userId: string | undefined,
  remote: RemoteExercise,
): ExercisePorts {
  return {
    remote,
    outbox: new BrowserOutbox(),
    openDrafts: () => openExerciseDrafts({ id: manifest.id, starter, userId }),
    async loadTypes() {
      const answer = await fetch("/cell-types");
      return answer.ok ? await answer.text() : "";
    },
    async runTests(options) {
      const { runVisibleTests } = await import("../visible-tests.ts");
      return runVisibleTests(options);
    },
    follow: followSubmission,
  };
}
