import type { Metadata } from "next";
import { allowsPasswords, ownerOfPasswordLink } from "#server/auth";
import plain from "../../plain.module.css";
import { ResetForm } from "./reset-form.tsx";

export const metadata: Metadata = {
  title: "Set a password",
  robots: { index: false },
};

/** Looking at the link does not spend it: mail programs and chats look at every link. */
export default async function ResetPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const owner = await ownerOfPasswordLink(token);
  return (
    <main className={plain["plain"]} id="main">
      <h1>{allowsPasswords() ? "Set a password" : "Sign in by a link"}</h1>
      {owner === undefined ? (
        <p className={plain["say"]}>
          This link has been used or is too old. Ask your instructor, or the administrator of this
          site, for a new one.
        </p>
      ) : (
        <>
          <p className={plain["say"]}>
            For {owner.name}. The link works once; other sessions of this account end.
          </p>
          <ResetForm token={token} username={owner.username} setsPassword={allowsPasswords()} />
        </>
      )}
    </main>
  );
}
