import plain from "./plain.module.css";

/** The answer to who is signed in and asks for what is not theirs to see. */
export default function Forbidden() {
  return (
    <main className={plain["plain"]} id="main">
      <h1>This page is not for you</h1>
      <p className={plain["say"]}>
        It belongs to those who teach the course or look after the site. If you are one of them, ask
        the administrator to give your account that role, or <a href="/account">sign out</a> and use
        another account.
      </p>
    </main>
  );
}
