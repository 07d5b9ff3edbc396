import type { Metadata } from "next";
import { allowsPasswords, currentViewer } from "#server/auth";
import { ownRuns } from "#server/class";
import { db } from "#server/db";
import plain from "../plain.module.css";
import { JoinForm, NewcomerForm } from "./join-forms.tsx";

export const metadata: Metadata = { title: "Join a run" };

interface JoinPageProps {
  searchParams: Promise<{ run?: string | string[] }>;
}

/** Where a key that was told in class is entered, and where one is after joining. */
export default async function JoinPage({ searchParams }: JoinPageProps) {
  const { run } = await searchParams;
  const name = typeof run === "string" ? run.slice(0, 200) : undefined;
  const viewer = await currentViewer();
  const runs = viewer === undefined ? [] : await ownRuns(db(), viewer.userId);
  return (
    <main className={plain["plain"]} id="main">
      <h1>Join a run</h1>
      {runs.length > 0 && (
        <p className={plain["say"]}>
          You are in {runs.map(({ title }) => title).join(", ")}. <a href="/">To the lectures</a>
        </p>
      )}
      {viewer === undefined ? (
        <>
          <p className={plain["say"]}>
            Your instructor has told you a name and a key.{" "}
            {allowsPasswords() ? "Make an account, or" : "First"}{" "}
            <a
              href={`/signin?from=${encodeURIComponent(name === undefined ? "/join" : `/join?run=${name}`)}`}
            >
              sign in{allowsPasswords() && " to the one that you have"}
            </a>
            .
          </p>
          {allowsPasswords() && <NewcomerForm run={name} />}
        </>
      ) : (
        <>
          <p className={plain["say"]}>
            With the name and the key that your instructor has told you.
          </p>
          <JoinForm run={name} />
        </>
      )}
    </main>
  );
}
