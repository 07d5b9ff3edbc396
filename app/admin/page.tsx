import type { Metadata } from "next";
import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { sendsMail } from "#server/mail";
import {
  mayBan,
  mayGiveRole,
  mayMakeResetLink,
  mayManageRun,
  maySeePeople,
} from "#server/policies";
import { listPeople, listRuns } from "#server/queries";
import css from "./admin.module.css";
import { NewPeople } from "./new-people.tsx";
import { PeopleTable } from "./people-table.tsx";

export const metadata: Metadata = { title: "People" };

const SHOWN_MAX = 500;
const ROLES = ["reader", "student", "ta", "instructor"] as const;

interface AdminPageProps {
  searchParams: Promise<{ q?: string | string[] }>;
}

/** Everybody, for the administrator; for instructors the people of their runs. */
export default async function AdminPage({ searchParams }: AdminPageProps) {
  const viewer = await currentViewer();
  const decision = maySeePeople(viewer);
  if (viewer === undefined) redirect("/signin?from=/admin");
  if (decision.kind === "denied") forbidden();
  const { q } = await searchParams;
  const search = (typeof q === "string" ? q : "").trim().slice(0, 100);
  const managed = viewer.roles
    .map(({ runId }) => runId)
    .filter((runId) => mayManageRun(viewer, runId).kind === "allowed");
  const runIds = viewer.isAdmin ? undefined : managed;
  const [runs, { people, total }] = await Promise.all([
    listRuns(db(), runIds),
    listPeople(db(), { runIds, search, limit: SHOWN_MAX }),
  ]);
  const rows = people.map((person) => ({
    ...person,
    mayReset: mayMakeResetLink(viewer, person).kind === "allowed",
    mayBan: mayBan(viewer, person).kind === "allowed",
    dataUrl: viewer.isAdmin ? `/admin/people/${encodeURIComponent(person.userId)}` : undefined,
  }));
  const mayName = runs.map((run) => ({
    ...run,
    roles: ROLES.filter((role) => mayGiveRole(viewer, run.id, role).kind === "allowed"),
  }));
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>People</h1>
        <p>
          {total} {total === 1 ? "person" : "people"}
          {viewer.isAdmin ? " on this site" : " in your runs"}
          {total > people.length && `, the first ${people.length} shown`}
        </p>
      </div>
      <search>
        <form className={css["filters"]} action="/admin">
          <label>
            Name, user name or address
            <input name="q" type="search" defaultValue={search} maxLength={100} />
          </label>
          <button type="submit">Filter</button>
          {search !== "" && <a href="/admin">Show all</a>}
        </form>
      </search>
      <PeopleTable runs={mayName} people={rows} mails={sendsMail()} />
      <NewPeople runs={mayName} />
    </main>
  );
}
