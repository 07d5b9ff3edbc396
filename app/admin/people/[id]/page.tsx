import type { Metadata } from "next";
import { forbidden, notFound, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { transaction } from "#server/db";
import { type ErasureStep, planErasure } from "#server/person";
import { mayErasePerson, mayExportPerson } from "#server/policies";
import { personForChange } from "#server/queries";
import desk from "../../../class/class.module.css";
import css from "../../../talk/talk.module.css";
import { EraseForm } from "./erase-form.tsx";

export const metadata: Metadata = { title: "Data of a person" };

interface PersonPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ work?: string | string[] }>;
}

/** What the site holds of a person, to hand it out, and what erasing them would do. */
export default async function PersonPage({ params, searchParams }: PersonPageProps) {
  const userId = decodeURIComponent((await params).id);
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=/admin/people/${encodeURIComponent(userId)}`);
  if (!viewer.isAdmin || mayExportPerson(viewer, userId).kind === "denied") forbidden();
  const work = (await searchParams).work === "deleted" ? "deleted" : "unnamed";
  const { person, steps } = await transaction(async (tx) => ({
    person: await personForChange(tx, userId),
    steps: await planErasure(tx, userId, work),
  }));
  if (person === undefined) notFound();
  const path = `/admin/people/${encodeURIComponent(userId)}`;
  return (
    <main className={css["talk"]} id="main">
      <h1>Data of {person.name}</h1>
      <p className={css["where"]}>
        {person.username} · {person.email} · <a href="/admin">People</a>
      </p>
      <section className={css["entry"]} data-first="">
        <h2>Hand it out</h2>
        <p className={css["by"]}>
          Every row that is theirs, and each submission as a file. They find the same on their own
          page “Account”.
        </p>
        <a href={`${path}/data.zip`} download>
          Download as ZIP
        </a>
      </section>
      <section className={css["entry"]}>
        <h2>Erase them</h2>
        <p className={css["by"]}>
          The account goes, with its sessions and everything typed and not handed in. What they
          asked and answered stays without name and code, since others have answered it. Nothing
          brings them back, but a backup that was made before.
        </p>
        <nav className={css["lists"]} aria-label="Submissions and grades">
          <a href={path} aria-current={work === "unnamed" ? "page" : undefined}>
            Keep submissions and grades without a name
          </a>
          <a href={`${path}?work=deleted`} aria-current={work === "deleted" ? "page" : undefined}>
            Delete them, too
          </a>
        </nav>
        <Plan steps={steps} />
        {mayErasePerson(viewer, userId).kind === "allowed" ? (
          <EraseForm key={work} person={userId} username={person.username} work={work} />
        ) : (
          <p className={css["by"]}>You cannot erase the account that you are signed in with.</p>
        )}
      </section>
    </main>
  );
}

const FATES = {
  deleted: "deleted",
  unnamed: "kept without a name",
  kept: "kept: the id alone",
} as const;

function Plan({ steps }: { steps: readonly ErasureStep[] }) {
  return (
    <table className={desk["data"]}>
      <caption className={css["by"]}>What would happen, table by table</caption>
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col" className={desk["right"]}>
            Rows
          </th>
          <th scope="col">Then</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ table, rows, fate }) => (
          <tr key={`${table} ${fate}`}>
            <td>{table}</td>
            <td className={desk["right"]}>{rows}</td>
            <td>{FATES[fate]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
