import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import {
  allowsPasswords,
  connectPath,
  currentViewer,
  isConnected,
  isDemoAccount,
  type OidcSettings,
  oidcSettings,
  ownSessions,
} from "#server/auth";
import { db } from "#server/db";
import { mailAddress, mailChoices, sendsMail } from "#server/mail";
import { mayChangeAccount, taughtRuns, type Viewer } from "#server/policies";
import controls from "../controls.module.css";
import plain from "../plain.module.css";
import css from "./account.module.css";
import { NameForm, PasswordForm } from "./account-forms.tsx";
import { disconnectMyAccount, endMySessions, signOutHere } from "./actions.ts";
import { connectMessage } from "./connect-message.ts";
import { deviceOf } from "./device.ts";
import { MailForm } from "./mail-form.tsx";

export const metadata: Metadata = { title: "Account" };

interface AccountPageProps {
  /** What came of connecting the account with the provider. */
  searchParams: Promise<{ connect?: string | string[] }>;
}

export default async function AccountPage({ searchParams }: AccountPageProps) {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/account");
  const provider = oidcSettings();
  const isOwn = mayChangeAccount(viewer, isDemoAccount(viewer)).kind === "allowed";
  const isStudent = viewer.roles.some(({ role }) => role === "student");
  return (
    <main className={plain["plain"]} id="main">
      <h1>Account</h1>
      <p className={plain["say"]}>
        Signed in as <b>{viewer.username}</b>.
        {!isOwn && " This is a demo account: others use it too, so its name and password stay."}
      </p>
      {isOwn && (
        <div className={css["columns"]}>
          <section>
            <h2>Name</h2>
            <NameForm name={viewer.name} />
          </section>
          {allowsPasswords() && (
            <section>
              <h2>Password</h2>
              <PasswordForm />
            </section>
          )}
        </div>
      )}
      {isOwn && provider !== undefined && (
        <ByProvider viewer={viewer} provider={provider} came={(await searchParams).connect} />
      )}
      {isOwn && <Sessions viewer={viewer} />}
      {isOwn && sendsMail() && <OwnMail viewer={viewer} />}
      <section className={css["data"]}>
        <h2 className={css["dataTitle"]}>Your data</h2>
        <p className={plain["say"]}>
          Everything that this site holds of you, with each submission as a file:{" "}
          <a href="/account/data.zip" download>
            download it as ZIP
          </a>
          . To have it erased, ask the administrator.
          {isStudent && (
            <>
              {" "}
              <a href="/progress#counting">What is counted of your reading</a>, and the way to say
              no.
            </>
          )}
        </p>
      </section>
      <form action={signOutHere} className={css["out"]}>
        <button className={controls["button"]} type="submit">
          Sign out
        </button>
      </form>
    </main>
  );
}

interface ByProviderProps {
  viewer: Viewer;
  provider: OidcSettings;
  /** What came of it. */
  came: unknown;
}

/** Whether the person can sign in by the provider. */
async function ByProvider({ viewer, provider, came }: ByProviderProps) {
  const { name, issuer } = provider;
  const [isOn, path] = await Promise.all([
    isConnected(viewer.userId, issuer.href),
    connectPath(await headers()),
  ]);
  return (
    <section className={css["data"]} id="provider">
      <h2 className={css["dataTitle"]}>Sign in with {name}</h2>
      <p className={plain["say"]} role="status">
        {connectMessage(came, name)} {isOn ? "This account is connected." : "Not connected yet."}
      </p>
      {!isOn && path !== undefined && (
        <a className={controls["button"]} href={path}>
          Connect with {name}
        </a>
      )}
      {isOn && allowsPasswords() && (
        <form action={disconnectMyAccount}>
          <button className={controls["button"]} type="submit">
            Take the connection away
          </button>
        </form>
      )}
    </section>
  );
}

/** What the site sends the person. */
async function OwnMail({ viewer }: { viewer: Viewer }) {
  const [address, { announcement, answer, question }] = await Promise.all([
    mailAddress(db(), viewer.userId),
    mailChoices(db(), viewer.userId),
  ]);
  const teaches = taughtRuns(viewer).length > 0;
  const kinds = [
    { kind: "announcement", label: "Announcements in your runs", pace: announcement },
    { kind: "answer", label: "Answers to your questions", pace: answer },
    ...(teaches
      ? [{ kind: "question", label: "Questions in runs that you teach", pace: question }]
      : []),
  ];
  return (
    <section className={css["data"]} id="mail">
      <h2 className={css["dataTitle"]}>E-mail</h2>
      <p className={plain["say"]}>
        Sent to {address}. Links that you or your instructor ask for come in any case.
      </p>
      <MailForm kinds={kinds} />
    </section>
  );
}

/** Where the person is signed in. */
async function Sessions({ viewer }: { viewer: Viewer }) {
  const sessions = await ownSessions(viewer.userId, await headers());
  return (
    <section className={css["data"]}>
      <h2 className={css["dataTitle"]}>Where you are signed in</h2>
      <ul className={css["sessions"]}>
        {sessions.map(({ id, isThisOne, since, until, userAgent }) => (
          <li key={id}>
            <b>{deviceOf(userAgent)}</b>
            <p>
              Since <time dateTime={since.toISOString()}>{day(since)}</time>, until{" "}
              <time dateTime={until.toISOString()}>{day(until)}</time>
            </p>
            {isThisOne ? (
              <span>This session</span>
            ) : (
              <form action={endMySessions}>
                <button className={controls["button"]} type="submit" name="session" value={id}>
                  End
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <form action={endMySessions}>
          <button className={controls["button"]} type="submit" name="session" value="others">
            End all others
          </button>
        </form>
      )}
    </section>
  );
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
