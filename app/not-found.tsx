import type { Metadata } from "next";
import controls from "./controls.module.css";
import plain from "./plain.module.css";

export const metadata: Metadata = { title: "No such page" };

/** The kernel has a word for it. */
export default function NotFound() {
  return (
    <main id="main" className={plain["plain"]}>
      <p className={plain["kind"]}>404, page not found</p>
      <h1>No such file or directory</h1>
      <p className={plain["say"]}>
        Nothing is kept under this address. It may have been mistyped, or what stood here has moved.
      </p>
      <div className={controls["row"]}>
        <a className={`${controls["button"]} ${controls["first"]}`} href="/">
          All lectures
        </a>
        <a href="/search">Search the course</a>
      </div>
      <pre className={plain["oops"]}>
        openat(AT_FDCWD, this page, O_RDONLY) = -1{" "}
        <span className={plain["errno"]}>ENOENT (No such file or directory)</span>
      </pre>
    </main>
  );
}
