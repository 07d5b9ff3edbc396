import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import {
  allowsPasswords,
  currentViewer,
  endSessionUrl,
  isSignUpOpen,
  offeredDemoAccounts,
  oidcSettings,
  SIGN_IN_RULE,
  safeReturn,
} from "#server/auth";
import { sendsMail } from "#server/mail";
import controls from "../controls.module.css";
import form from "../form.module.css";
import plain from "../plain.module.css";
import { signInAsDemo } from "./actions.ts";
import { oidcProblem } from "./oidc-problem.ts";
import { SignInForm } from "./sign-in-form.tsx";
import css from "./signin.module.css";

export const metadata: Metadata = { title: "Sign in" };

interface SignInPageProps {
  searchParams: Promise<{
    from?: string | string[];
    /** Why the provider has not let the person in. */
    problem?: string | string[];
    /** They have just signed out. */
    out?: string;
  }>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { from: asked, problem, out } = await searchParams;
  const from = safeReturn(asked ?? (await cameFrom()));
  if ((await currentViewer()) !== undefined) redirect(from);
  const demos = offeredDemoAccounts();
  const provider = oidcSettings()?.name;
  return (
    <main className={plain["plain"]} id="main">
      <div className={css["columns"]}>
        <section>
          <h1>Sign in</h1>
          <p className={plain["say"]}>
            Reading and running needs no account. Sign in to submit, to keep your work on every
            device, and to see your grades.
          </p>
          {provider !== undefined && out !== undefined && <SignedOut provider={provider} />}
          {provider !== undefined && (
            <ByProvider provider={provider} from={from} problem={oidcProblem(problem, provider)} />
          )}
          {allowsPasswords() && <ByPassword from={from} />}
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

interface ByProviderProps {
  provider: string;
  from: string;
  problem: string | undefined;
}

/** A link, not a form: the policy of this page lets no form lead to another site. */
function ByProvider({ provider, from, problem }: ByProviderProps) {
  return (
    <div className={css["provider"]}>
      {problem !== undefined && (
        <p className={form["problem"]} role="alert">
          {problem}
        </p>
      )}
      <a
        className={`${controls["button"]} ${controls["first"]}`}
        href={`/signin/oidc?from=${encodeURIComponent(from)}`}
      >
        Sign in with {provider}
      </a>
    </div>
  );
}

async function SignedOut({ provider }: { provider: string }) {
  const url = await endSessionUrl();
  return (
    <p className={plain["say"]} role="status">
      You are signed out of this site, and may still be signed in at {provider}.{" "}
      {url !== undefined && <a href={url}>Sign out there too</a>}
    </p>
  );
}

function ByPassword({ from }: { from: string }) {
  return (
    <>
      <SignInForm from={from} rule={SIGN_IN_RULE} />
      <details className={css["forgotten"]}>
        <summary>Forgotten password</summary>
        <p>
          {sendsMail() && (
            <>
              <a href="/signin/forgotten">Have a link mailed to you</a>, or{" "}
            </>
          )}
          {sendsMail() ? "ask" : "Ask"} your instructor, or the administrator of this site, for one:
          with it you set a new password. The link works once.
        </p>
      </details>
    </>
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
