import type { Metadata } from "next";
import { db } from "#server/db";
import { mailChoices, readStop } from "#server/mail";
import controls from "../../../controls.module.css";
import plain from "../../../plain.module.css";
import { stopMail } from "./actions.ts";

export const metadata: Metadata = { title: "Less mail", robots: { index: false } };

const KINDS = {
  announcement: "announcements",
  answer: "answers to your questions",
  question: "questions in runs that you teach",
} as const;

/** Looking at the link stops nothing: mail programs look at every link. */
export default async function StopPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const stop = readStop(decodeURIComponent(token));
  const pace = stop === undefined ? undefined : (await mailChoices(db(), stop.userId))[stop.kind];
  return (
    <main className={plain["plain"]} id="main">
      <h1>Less mail</h1>
      {stop === undefined ? (
        <p className={plain["say"]}>
          This link is not known: look whether all of it was copied, or choose on the page{" "}
          <a href="/account#mail">Account</a>.
        </p>
      ) : (
        <form action={stopMail}>
          <p className={plain["say"]} role="status">
            {pace === "never"
              ? `You get no more mail about ${KINDS[stop.kind]}.`
              : `This site sends you mail about ${KINDS[stop.kind]}.`}{" "}
            Other kinds are on the page <a href="/account#mail">Account</a>.
          </p>
          <input type="hidden" name="token" value={decodeURIComponent(token)} />
          <button
            className={controls["button"]}
            type="submit"
            name="pace"
            value={pace === "never" ? "at_once" : "never"}
          >
            {pace === "never" ? "Send them again" : "No more of these"}
          </button>
        </form>
      )}
    </main>
  );
}
