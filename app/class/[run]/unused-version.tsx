import { db } from "#server/db";
import { unusedVersion } from "#server/queries";
import { newVersionsUrl, regradeUrl } from "../urls.ts";
import css from "./grades.module.css";

/** Beside what grades an exercise again: that it does not use the new version, and where that is tried. */
export async function UnusedVersionNote({ run, exercise }: { run: string; exercise: string }) {
  const unused = await unusedVersion(db(), exercise);
  if (unused === undefined) return null;
  const { regradeId } = unused;
  return (
    <p className={css["note"]}>
      The exercise has a new version. Grading again uses the one that has graded each attempt
      before;{" "}
      {regradeId === undefined ? (
        <a href={newVersionsUrl(run)}>try the new one first</a>
      ) : (
        <a href={regradeUrl(run, regradeId)}>see what the new one makes of the grades</a>
      )}
      .
    </p>
  );
}
