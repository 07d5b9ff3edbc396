import { currentViewer } from "#server/auth";
import { ownRuns } from "#server/class";
import { db } from "#server/db";
import menu from "../account-menu.module.css";
import { chooseMyRun } from "./actions.ts";
import css from "./run-choice.module.css";

/** Which of several runs the viewer's exercises and grades belong to. With one there is no choice. */
export async function RunChoice() {
  const viewer = await currentViewer();
  if (viewer === undefined || viewer.roles.length < 2) return null;
  const runs = await ownRuns(db(), viewer.userId);
  const [present] = runs;
  if (present === undefined) return null;
  return (
    <>
      <button
        className={css["present"]}
        type="button"
        popoverTarget="run-choice"
        aria-label={`Run: ${present.title}`}
      >
        <span>{present.title}</span>
      </button>
      <div className={menu["menu"]} id="run-choice" popover="auto">
        <p>
          <b>{present.title}</b>
          Your exercises and grades are those of this run.
        </p>
        {runs.slice(1).map(({ id, title, isArchived }) => (
          <form key={id} action={chooseMyRun}>
            <input type="hidden" name="run" value={id} />
            <button type="submit">
              {title}
              {isArchived && ", archived"}
            </button>
          </form>
        ))}
      </div>
    </>
  );
}
