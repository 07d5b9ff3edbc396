import { db } from "#server/db";
import { type ClassRun, newVersions, openTrials } from "#server/queries";
import controls from "../../controls.module.css";
import { NEW_VERSIONS, regradeUrl } from "../urls.ts";
import css from "./grades.module.css";
import { tryNewVersion } from "./regrades/actions.ts";

interface NewVersionsProps {
  run: ClassRun;
  mayRegrade: boolean;
}

/** Exercises that have been published anew: what the new version would make of the grades. */
export async function NewVersions({ run, mayRegrade }: NewVersionsProps) {
  const [offers, trials] = await Promise.all([newVersions(db(), run.id), openTrials(db(), run.id)]);
  if (offers.length === 0 && trials.length === 0) return null;
  return (
    <section className={css["notices"]} id={NEW_VERSIONS} aria-label="New versions of exercises">
      <p>
        What was graded keeps the version that graded it, also when it is graded again, until the
        new one is tried and applied here.
      </p>
      {trials.map(({ regradeId, number, total, done, changed }) => (
        <p key={regradeId}>
          {number}: {done} of {total} tried with the new version, {changed} would change.{" "}
          <a href={regradeUrl(run.slug, regradeId)}>See who, and decide</a>
        </p>
      ))}
      {offers.map(({ exerciseId, slug, number, title, submissions }) => (
        <form key={exerciseId} action={tryNewVersion}>
          <input type="hidden" name="run" value={run.slug} />
          <input type="hidden" name="exercise" value={slug} />
          <p>
            {number} {title} has a new version;{" "}
            {submissions === 1 ? "1 grade comes" : `${submissions} grades come`} from an earlier
            one.
          </p>
          {mayRegrade && (
            <button type="submit" className={controls["button"]}>
              Try the new version of {number}
            </button>
          )}
        </form>
      ))}
    </section>
  );
}
