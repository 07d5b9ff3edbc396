/** What was written about the first years of Linux, by date: the sources that lecture 1 weighs. */

import type { DatedSource } from "./course-data.ts";
import { deepFreeze } from "./deep-freeze.ts";

const ZDNET =
  "S. J. Vaughan-Nichols, Twenty years of Linux according to Linus Torvalds, ZDNet, 2011";

/** Oldest first. */
export const earlyLinux: readonly DatedSource[] = /* @__PURE__ */ deepFreeze([
  {
    id: "posix-question",
    written: "1991-07-03",
    kind: "primary",
    states: [{ subject: "the project", event: "mentioned", date: "1991-07-03" }],
    says: "Asks for the text of the POSIX standard, for “a project I'm working on (in minix)”. No name, no system.",
    where: "comp.os.minix, message 1991Jul3.100050.9886@klaava.Helsinki.FI",
  },
  {
    id: "the-post",
    written: "1991-08-25",
    kind: "primary",
    states: [
      { subject: "the project", event: "begun", date: "1991-04" },
      { subject: "the project", event: "announced", date: "1991-08-25" },
    ],
    says: "“I'm doing a (free) operating system”, which “has been brewing since april, and is starting to get ready”.",
    where: "comp.os.minix, message 1991Aug25.205708.9541@klaava.Helsinki.FI",
  },
  {
    id: "file-dates",
    written: "1991-09-17",
    kind: "primary",
    states: [{ subject: "Linux 0.01", event: "released", date: "1991-09-17" }],
    says: "The newest files in the archive of 0.01 bear this date.",
    where: "linux-0.01.tar; read so by Torvalds in September 2016 (Linux Magazine)",
  },
  {
    id: "relnotes-0.01",
    written: "1991-09",
    kind: "primary",
    states: [{ subject: "Linux 0.01", event: "released", date: "1991-09" }],
    says: "“This is a free minix-like kernel for i386(+) based AT-machines”; “no code from minix or other sources”; no fee may be taken for it.",
    where: "RELNOTES-0.01, kernel.org",
  },
  {
    id: "first-announcement",
    written: "1991-10-05",
    kind: "primary",
    states: [{ subject: "Linux 0.02", event: "announced", date: "1991-10-05" }],
    says: "The first version that a public place was told of.",
    where: "comp.os.minix, 5 October 1991",
  },
  {
    id: "relnotes-0.12",
    written: "1992-01",
    kind: "primary",
    states: [
      { subject: "Linux 0.12", event: "released", date: "1992-01" },
      { subject: "the licence", event: "changed", date: "1992-02-01" },
    ],
    says: "The rule against money goes, the GNU copyleft “takes effect as of the first of February”.",
    where: "RELNOTES-0.12, quoted in the history of the kernel's licence",
  },
  {
    id: "release-table",
    written: "1994-03-14",
    kind: "primary",
    states: [{ subject: "Linux 1.0", event: "released", date: "1994-03-14" }],
    says: "linux-1.0.tar, 176,250 lines.",
    where: "the archive on kernel.org, and tables of releases made from it",
  },
  {
    id: "linux-journal",
    written: "1995",
    kind: "secondary",
    states: [
      { subject: "Linux 1.2", event: "released", date: "1995-03-07" },
      { subject: "Linux 1.0", event: "released", date: "1994" },
    ],
    says: "1.2.0 came on 7 March 1995, “little less than a year” after 1.0.",
    where: "P. Hughes, Linus Torvalds Releases Linux 1.2.0, Linux Journal",
  },
  {
    id: "interview",
    written: "2011-04",
    kind: "memory",
    states: [
      { subject: "the project", event: "mentioned", date: "1991-07-03" },
      { subject: "the project", event: "announced", date: "1991-08-25" },
      { subject: "Linux 0.01", event: "released", date: "1991-09-17" },
      { subject: "Linux 0.02", event: "announced", date: "1991-10-05" },
    ],
    says: "Four days could be the birthday. 0.01 was never announced in public: a few people got private mail, which is lost.",
    where: ZDNET,
  },
  {
    id: "memoir",
    written: "2023-04",
    kind: "memory",
    states: [{ subject: "Linux 1.0", event: "celebrated", date: "1994" }],
    says: "In spring 1994 there was an event for the release, with the computer press and a television crew; 1.0 was compiled in the background.",
    where: "L. Wirzenius, on the early days of Linux, LWN",
  },
  {
    id: "slide-photo",
    written: "2024-02",
    kind: "secondary",
    states: [{ subject: "Linux 1.0", event: "celebrated", date: "1994-03-30" }],
    says: "Caption of a photograph: Torvalds announces Linux 1.0, 30.03.1994. No second source for that day has been found.",
    where: "the slides that this course grew from",
  },
] satisfies DatedSource[]);
