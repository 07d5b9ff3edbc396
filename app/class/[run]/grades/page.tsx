import type { Metadata } from "next";
import { db } from "#server/db";
import { gradeSettings } from "#server/grading";
import { exercisesOfRun, gradeLog, gradeText } from "#server/queries";
import controls from "../../../controls.module.css";
import { LocalTime } from "../../../local-time.tsx";
import { requireStaff } from "../../access.ts";
import desk from "../../class.module.css";
import { gradeSettingsUrl } from "../../urls.ts";
import css from "../grades.module.css";
import { saveSettings, undoGradeStep } from "./actions.ts";
import { ImportForm } from "./import-form.tsx";
import { ReleasedCell, ReleaseForm } from "./released.tsx";

export const metadata: Metadata = { title: "Grades" };

/** How grades come together in the sum, and grades from a file. */
export default async function GradesPage({ params }: { params: Promise<{ run: string }> }) {
  const { run: slug } = await params;
  const { run, mayRegrade } = await requireStaff(slug, gradeSettingsUrl(slug));
  const [exercises, settings, [last], [lastHeld]] = await Promise.all([
    exercisesOfRun(db(), run.id),
    gradeSettings(db(), run.id),
    gradeLog(db(), { runId: run.id, kinds: ["settings"], limit: 1, offset: 0 }),
    gradeLog(db(), { runId: run.id, kinds: ["held", "released"], limit: 1, offset: 0 }),
  ]);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Grades</h1>
        <p>{run.title}</p>
      </div>
      <ReleaseForm run={slug} exercises={exercises} last={lastHeld} mayRegrade={mayRegrade} />
      <section className={css["section"]} aria-labelledby="sum">
        <h2 id="sum">The sum</h2>
        <form action={saveSettings} className={css["form"]} key={last?.id}>
          <input type="hidden" name="run" value={slug} />
          <input type="hidden" name="shown:dropLowest" value={settings.dropLowest} />
          <label>
            Leave out each student’s lowest
            <input
              className={`${css["field"]} ${css["number"]}`}
              name="dropLowest"
              type="number"
              min={0}
              max={100}
              required
              defaultValue={settings.dropLowest}
            />
          </label>
          <table className={desk["data"]}>
            <thead>
              <tr>
                <th scope="col">Exercise</th>
                <th scope="col" className={desk["right"]}>
                  Points
                </th>
                <th scope="col" className={desk["right"]}>
                  Weight
                </th>
                <th scope="col">Grades</th>
              </tr>
            </thead>
            <tbody>
              {exercises.map(({ id, slug: exercise, number, title, points, weight, isHeld }) => (
                <tr key={id}>
                  <td>
                    {number} {title}
                  </td>
                  <td className={desk["right"]}>{points}</td>
                  <td className={desk["right"]}>
                    <input type="hidden" name={`shown:weight:${id}`} value={weight} />
                    <input
                      className={`${css["field"]} ${css["number"]}`}
                      name={`weight:${id}`}
                      type="number"
                      min={0}
                      max={100}
                      step={0.01}
                      required
                      defaultValue={weight}
                      aria-label={`Weight of ${number}`}
                    />
                  </td>
                  <td>
                    <ReleasedCell
                      exercise={{ slug: exercise, number, isHeld }}
                      mayRegrade={mayRegrade}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {mayRegrade && (
            <div className={css["row"]}>
              <button type="submit" className={controls["button"]}>
                Save
              </button>
            </div>
          )}
        </form>
        {last !== undefined && (
          <form action={undoGradeStep} className={css["row"]}>
            <input type="hidden" name="run" value={slug} />
            <input type="hidden" name="step" value={last.stepId} />
            <p>
              {last.actor ?? "Somebody who has left"}, <LocalTime at={last.at.toISOString()} />:{" "}
              {gradeText(last.before)} → {gradeText(last.after)}
            </p>
            {mayRegrade && (
              <button type="submit" className={css["quiet"]}>
                Undo
              </button>
            )}
          </form>
        )}
      </section>
      {mayRegrade && (
        <section className={css["section"]} aria-labelledby="import">
          <h2 id="import">Grades from a file</h2>
          <p>
            One grade a line: username, exercise (E11.1), points and a comment for the student. They
            count as given by hand; without points only the comment is given. Excuses stay, and
            without a column of comments the comments do.
          </p>
          <ImportForm run={slug} />
        </section>
      )}
    </main>
  );
}
