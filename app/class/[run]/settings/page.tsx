import type { Metadata } from "next";
import { forbidden } from "next/navigation";
import { runForSettings } from "#server/class";
import { db } from "#server/db";
import adminCss from "../../../admin/admin.module.css";
import controls from "../../../controls.module.css";
import form from "../../../form.module.css";
import { requireStaff } from "../../access.ts";
import css from "../../class.module.css";
import { archiveThisRun } from "./actions.ts";
import { CopyForm, DescribeForm } from "./settings-forms.tsx";

export const metadata: Metadata = { title: "Settings of the run" };

export default async function SettingsPage({ params }: { params: Promise<{ run: string }> }) {
  const { run: slug } = await params;
  const { run, mayManage } = await requireStaff(slug, `/class/${slug}/settings`);
  if (!mayManage) forbidden();
  const { title, timeZone, archivedAt } = await runForSettings(db(), run.id);
  const isArchived = archivedAt !== null;
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Settings</h1>
        <p>
          {run.courseTitle} · {slug}
          {isArchived && " · archived"}
        </p>
        <p className={css["end"]}>
          <a href="/class?all=1">All runs</a>
        </p>
      </div>
      <div className={adminCss["new"]}>
        <section>
          <h2>Title and time zone</h2>
          <DescribeForm run={slug} title={title} timeZone={timeZone} />
        </section>
        <section>
          <h2>Copy to the next term</h2>
          <CopyForm run={slug} />
        </section>
        <section>
          <h2>{isArchived ? "Archived" : "Archive"}</h2>
          <form action={archiveThisRun} className={form["form"]}>
            <input type="hidden" name="run" value={slug} />
            <p>
              {isArchived
                ? "Students only read: what they handed in and their grades. Links and key let nobody in."
                : "Its students only read from then on, and links and key let nobody in. You can take it back at any time."}
            </p>
            <button
              type="submit"
              name="archived"
              value={isArchived ? "no" : "yes"}
              className={controls["button"]}
            >
              {isArchived ? "Take it back" : "Archive the run"}
            </button>
          </form>
        </section>
      </div>
    </main>
  );
}
