import { currentViewer, initialsOf, standIn } from "#server/auth";
import { maySeePeople, taughtRuns } from "#server/policies";
import { signOutHere } from "./account/actions.ts";
import css from "./account-menu.module.css";

/** The end of the top bar: the way to the sign-in page, or what belongs to who is signed in. */
export async function AccountMenu() {
  const viewer = await currentViewer();
  if (viewer === undefined) {
    return (
      <a className={css["signIn"]} href="/signin">
        Sign in
      </a>
    );
  }
  const initials = (await standIn())?.initials ?? initialsOf(viewer.name);
  const isTeacher = viewer.isAdmin || taughtRuns(viewer).length > 0;
  const isAuthor = viewer.isAdmin || viewer.courses.length > 0;
  return (
    <>
      {isAuthor && (
        <a className={css["authoring"]} href="/author">
          Authoring
        </a>
      )}
      <button
        className={css["who"]}
        type="button"
        popoverTarget="account-menu"
        aria-label={`${initials}: your account`}
      >
        {initials}
      </button>
      <div className={css["menu"]} id="account-menu" popover="auto">
        <p>
          <b>{viewer.name}</b>
          {viewer.username}
        </p>
        <ul>
          <li>
            <a href="/account">Account</a>
          </li>
          {viewer.roles.some(({ role }) => role === "student") && (
            <li>
              <a href="/progress">Your progress</a>
            </li>
          )}
          {(viewer.isAdmin || viewer.roles.length > 0) && (
            <li>
              <a href="/questions">Questions</a>
            </li>
          )}
          {isTeacher && (
            <li>
              <a href="/class">Gradebook</a>
            </li>
          )}
          {isAuthor && (
            <li>
              <a href="/author">Authoring</a>
            </li>
          )}
          {maySeePeople(viewer).kind === "allowed" && (
            <li>
              <a href="/admin">People</a>
            </li>
          )}
        </ul>
        <form action={signOutHere}>
          <button type="submit">Sign out</button>
        </form>
      </div>
    </>
  );
}
