import type { Metadata } from "next";
import { allowsPasswords, currentViewer, oidcSettings } from "#server/auth";
import { invitationBehind } from "#server/class";
import { db } from "#server/db";
import controls from "../../controls.module.css";
import plain from "../../plain.module.css";
import { ROLE_NAMES } from "../../role-names.ts";
import { JoinForm, NewcomerForm } from "../join-forms.tsx";

export const metadata: Metadata = { title: "Join a run", robots: { index: false } };

const ENDED = {
  unknown: "This link is not known: look whether all of it was copied.",
  revoked: "This link was taken back.",
  expired: "This link is too old.",
  "used-up": "This link has let in as many people as it may.",
  archived: "The run that this link led to has ended.",
} as const;

/** Looking at the link does not use it: mail programs and chats look at every link. */
export default async function JoinByLinkPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const [viewer, invitation] = await Promise.all([
    currentViewer(),
    invitationBehind(db(), token.slice(0, 100), { now: new Date(), locks: false }),
  ]);
  return (
    <main className={plain["plain"]} id="main">
      {typeof invitation === "string" ? (
        <>
          <h1>Join a run</h1>
          <p className={plain["say"]}>
            {ENDED[invitation]} Ask your instructor for another one. If you are in the run already,{" "}
            <a href="/">go to its lectures</a>.
          </p>
        </>
      ) : (
        <>
          <h1>Join {invitation.runTitle}</h1>
          {viewer === undefined && !allowsPasswords() ? (
            <>
              <p className={plain["say"]}>As {ROLE_NAMES[invitation.role]}.</p>
              <a
                className={`${controls["button"]} ${controls["first"]}`}
                href={`/signin/oidc?from=${encodeURIComponent(`/join/${token}`)}`}
              >
                Sign in with {oidcSettings()?.name}
              </a>
            </>
          ) : viewer === undefined ? (
            <>
              <p className={plain["say"]}>
                As {ROLE_NAMES[invitation.role]}. Make an account, or{" "}
                <a href={`/signin?from=${encodeURIComponent(`/join/${token}`)}`}>
                  sign in to the one that you have
                </a>
                .
              </p>
              <NewcomerForm token={token} />
            </>
          ) : (
            <>
              <p className={plain["say"]}>
                As {ROLE_NAMES[invitation.role]}, with the account of {viewer.name}.
              </p>
              <JoinForm token={token} />
            </>
          )}
        </>
      )}
    </main>
  );
}
