import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import {
  currentViewer,
  isSignUpOpen,
  offeredDemoAccounts,
  SIGN_IN_RULE,
  safeReturn,
} from "#server/auth";
import controls from "../controls.module.css";
import plain from "../plain.module.css";
import { signInAsDemo } from "./actions.ts";
import { SignInForm } from "./sign-in-form.tsx";
import css from "./signin.module.css";

export const metadata: Metadata = { title: "Sign in" };

interface SignInPageProps {
  searchParams: Promise<{ from?: string | string[] }>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const from = safeReturn((await searchParams).from ?? (await cameFrom()));
  if ((await currentViewer()) !== undefined) redirect(from);
  const demos = offeredDemoAccounts();
  return (
    <main className={plain["plain"]} id="main">
      <div className={css["columns"]}>
        <section>
          <h1>Sign in</h1>
          <p className={plain["say"]}>
            Reading and running needs no account. Sign in to submit, to keep your work on every
            device, and to see your grades.
          </p>
          <SignInForm from={from} rule={SIGN_IN_RULE} />
          <details className={css["forgotten"]}>
            <summary>Forgotten password</summary>
            <p>
              Ask your instructor, or the administrator of this site, for a link: with it you set a
              new password. The link works once.
            </p>
          </details>
          {isSignUpOpen() && (
            <p className={css["other"]}>
              <a href={`/signup?from=${encodeURIComponent(from)}`}>Make an account</a>
            </p>
          )}
        </section>
        {demos.length > 0 && (
          <section aria-labelledby="demo-accounts">
            <h2 className={css["subhead"]} id="demo-accounts">
              Look around first <span>demo accounts, shared by everybody here</span>
            </h2>
            <ul className={css["demos"]}>
              {demos.map(({ username, name, offer }) => (
                <li key={username}>
                  <b>{offer?.title}</b>
                  <p>
                    {name}: {offer?.says}
                  </p>
                  <form action={signInAsDemo}>
                    <input type="hidden" name="from" value={from} />
                    <button
                      className={controls["button"]}
                      type="submit"
                      name="username"
                      value={username}
                    >
                      Enter as {name.split(" ")[0]}
                    </button>
                  </form>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </main>
  );
}

/** The page of this site that led here, as the browser tells it. */
async function cameFrom(): Promise<string> {
  const asked = await headers();
  const referer = asked.get("referer") ?? "";
  if (!URL.canParse(referer)) return "/";
  const { host, pathname, search } = new URL(referer);
  return host === asked.get("host") ? `${pathname}${search}` : "/";
}
