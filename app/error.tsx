"use client";

import controls from "./controls.module.css";
import plain from "./plain.module.css";

interface ErrorPageProps {
  error: Error & { digest?: string };
  reset: () => void;
}

/** A page that could not be made. What the reader has typed is kept elsewhere, and says so. */
export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <main id="main" className={plain["plain"]}>
      <p className={plain["kind"]}>500, the site failed</p>
      <h1>Something of ours broke</h1>
      <p className={plain["say"]}>
        The page could not be shown. What you have typed or submitted is kept. Try again; if it
        stays so, tell whoever runs the site, with the number below.
      </p>
      <div className={controls["row"]}>
        <button
          type="button"
          className={`${controls["button"]} ${controls["first"]}`}
          onClick={reset}
        >
          Try again
        </button>
        <a href="/">All lectures</a>
      </div>
      <pre className={plain["oops"]}>
        {error.digest === undefined ? "EIO (Input/output error)" : `EIO, report ${error.digest}`}
      </pre>
    </main>
  );
}
