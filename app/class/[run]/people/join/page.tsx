import type { Metadata } from "next";
import { forbidden } from "next/navigation";
import { invitationsOf, type ListedInvitation, runForSettings, sectionsOf } from "#server/class";
import { db } from "#server/db";
import { sendsMail } from "#server/mail";
import adminCss from "../../../../admin/admin.module.css";
import controls from "../../../../controls.module.css";
import { LocalTime } from "../../../../local-time.tsx";
import { ROLE_NAMES } from "../../../../role-names.ts";
import { requireStaff } from "../../../access.ts";
import css from "../../../class.module.css";
import { peopleUrl } from "../../../urls.ts";
import { switchInvitation } from "./actions.ts";
import { InvitationForm, KeyForm, MailInvitationForm } from "./join-forms.tsx";

export const metadata: Metadata = { title: "Links and key" };

/** How people come into the run by themselves. */
export default async function JoinSettingsPage({ params }: { params: Promise<{ run: string }> }) {
  const { run: slug } = await params;
  const { run, mayManage } = await requireStaff(slug, `/class/${slug}/people/join`);
  if (!mayManage) forbidden();
  const [invitations, sections, { hasKey }] = await Promise.all([
    invitationsOf(db(), run.id),
    sectionsOf(db(), run.id),
    runForSettings(db(), run.id),
  ]);
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Links and key</h1>
        <p>{run.title}</p>
        <p className={css["end"]}>
          <a href={peopleUrl(slug)}>People</a>
        </p>
      </div>
      {invitations.length === 0 ? (
        <p className={css["empty"]}>No link leads into this run yet.</p>
      ) : (
        <table className={css["data"]}>
          <thead>
            <tr>
              <th scope="col">Made</th>
              <th scope="col">As</th>
              <th scope="col">Until</th>
              <th scope="col" className={css["right"]}>
                Used
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {invitations.map((invitation) => (
              <Invitation key={invitation.id} run={slug} invitation={invitation} now={new Date()} />
            ))}
          </tbody>
        </table>
      )}
      <div className={adminCss["new"]}>
        <section>
          <h2>New link</h2>
          <InvitationForm run={slug} sections={sections} />
        </section>
        {sendsMail() && (
          <section>
            <h2>Invite by mail</h2>
            <MailInvitationForm run={slug} sections={sections} />
          </section>
        )}
        <section>
          <h2>Key</h2>
          <KeyForm run={slug} hasKey={hasKey} />
        </section>
      </div>
    </main>
  );
}

interface InvitationProps {
  run: string;
  invitation: ListedInvitation;
  now: Date;
}

function Invitation({ run, invitation, now }: InvitationProps) {
  const { id, role, section, createdAt, expiresAt, uses, maxUses, revokedAt, email } = invitation;
  const state =
    revokedAt !== null
      ? "revoked"
      : expiresAt <= now
        ? "too old"
        : maxUses !== null && uses >= maxUses
          ? "used up"
          : "works";
  return (
    <tr>
      <td>
        <LocalTime at={createdAt.toISOString()} />
      </td>
      <td>
        {ROLE_NAMES[role]}
        {section !== null && ` in ${section}`}
        {email !== null && `, mailed to ${email}`}
      </td>
      <td>
        <LocalTime at={expiresAt.toISOString()} />
      </td>
      <td className={css["right"]}>
        {uses}
        {maxUses !== null && ` of ${maxUses}`}
      </td>
      <td>
        <form action={switchInvitation} className={controls["row"]}>
          {state}
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="id" value={id} />
          {(state === "works" || state === "revoked") && (
            <button
              type="submit"
              name="works"
              value={state === "revoked" ? "yes" : "no"}
              className={controls["button"]}
            >
              {state === "revoked" ? "Undo" : "Revoke"}
            </button>
          )}
        </form>
      </td>
    </tr>
  );
}
