"use client";

import { usePathname } from "next/navigation";
import css from "./run-nav.module.css";

/** What staff has of a run, each below `/class/RUN`. */
const PAGES: readonly { readonly path: string; readonly title: string }[] = [
  { path: "", title: "Gradebook" },
  { path: "/progress", title: "Progress" },
  { path: "/dates", title: "Dates" },
  { path: "/questions", title: "Questions" },
  { path: "/announcements", title: "Announcements" },
  { path: "/grades", title: "Weights and release" },
  { path: "/log", title: "Log" },
  { path: "/people", title: "People" },
  { path: "/settings", title: "Settings" },
];

/** The way between the pages about one class. */
export function RunNav({ run, mayManage }: { run: string; mayManage: boolean }) {
  const here = usePathname();
  const root = `/class/${run}`;
  return (
    <nav className={css["nav"]} aria-label="The class">
      {PAGES.filter(({ path }) => mayManage || path !== "/settings").map(({ path, title }) => {
        const isHere =
          path === "" ? !PAGES.some((one) => one.path !== "" && isBelow(one.path)) : isBelow(path);
        return (
          <a key={path} href={root + path} aria-current={isHere ? "page" : undefined}>
            {title}
          </a>
        );
      })}
    </nav>
  );

  function isBelow(path: string): boolean {
    return here === root + path || here.startsWith(`${root}${path}/`);
  }
}
