import type { Metadata } from "next";
import { forbidden } from "next/navigation";
import { requireStaff } from "../../../access.ts";
import css from "../../../class.module.css";
import { peopleUrl } from "../../../urls.ts";
import { RosterForm } from "./roster-form.tsx";

export const metadata: Metadata = { title: "Upload a roster" };

/** People come into the run from a table: what would happen is shown first. */
export default async function ImportPage({ params }: { params: Promise<{ run: string }> }) {
  const { run: slug } = await params;
  const { run, mayManage } = await requireStaff(slug, `/class/${slug}/people/import`);
  if (!mayManage) forbidden();
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Upload a roster</h1>
        <p>{run.title}</p>
        <p className={css["end"]}>
          <a href={peopleUrl(slug)}>People</a>
        </p>
      </div>
      <RosterForm run={slug} />
    </main>
  );
}
