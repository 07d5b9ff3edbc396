/** What happened to BPF, in order. Dates are those of the releases in which a feature first appeared. */

import type { Periods } from "../period.ts";

export type EntryKind = "text" | "machine" | "verifier" | "hook" | "memory";

export interface Entry {
  readonly year: number;
  /** As precise as it is known. */
  readonly date: string;
  /** The version of Linux, without its name; absent for what happened outside a release. */
  readonly release?: string;
  readonly kind: EntryKind;
  readonly title: string;
  readonly says: string;
}

export const KINDS: Readonly<Record<EntryKind, string>> = {
  text: "a text",
  machine: "the machine",
  verifier: "what is accepted",
  hook: "where programs hang",
  memory: "memory",
};

export const ENTRIES: readonly Entry[] = [
  {
    year: 1992,
    date: "December 1992",
    kind: "text",
    title: "The BSD Packet Filter",
    says: "McCanne and Jacobson finish their paper; it is presented in January 1993. A register machine in the kernel, jumps only forward: every filter ends.",
  },
  {
    year: 1997,
    date: "1997",
    release: "2.1.75",
    kind: "hook",
    title: "Socket filters",
    says: "Linux takes classic BPF over. A program that opens a socket says which packets it wants to see.",
  },
  {
    year: 2011,
    date: "2011",
    release: "3.0",
    kind: "machine",
    title: "First compiler",
    says: "Classic filters become native code on x86-64.",
  },
  {
    year: 2012,
    date: "2012",
    release: "3.5",
    kind: "hook",
    title: "seccomp filters",
    says: "The bytecode of packets decides about system calls. It is classic BPF to this day.",
  },
  {
    year: 2013,
    date: "30 September 2013",
    kind: "text",
    title: "The first patch",
    says: "Alexei Starovoitov posts “extended BPF”: ten registers of 64 bits, close to those of real processors. It is merged in steps, from the next year on.",
  },
  {
    year: 2014,
    date: "2014",
    release: "3.15",
    kind: "machine",
    title: "The new interpreter",
    says: "Inside the kernel only: classic filters are translated into the new instructions.",
  },
  {
    year: 2014,
    date: "2014",
    release: "3.16",
    kind: "machine",
    title: "The new compiler",
    says: "The new instructions become native code on x86-64, nearly line by line.",
  },
  {
    year: 2014,
    date: "December 2014",
    release: "3.18",
    kind: "verifier",
    title: "bpf()",
    says: "The system call, with verifier and maps. From now on a user's program can be checked, loaded and given memory.",
  },
  {
    year: 2015,
    date: "2015",
    release: "3.19",
    kind: "hook",
    title: "Sockets",
    says: "The first place where a program in the new instructions can be attached.",
  },
  {
    year: 2015,
    date: "2015",
    release: "4.1",
    kind: "hook",
    title: "Probes, traffic control",
    says: "Programs run at almost any function of the kernel (kprobes), and for each packet that enters or leaves by a device (tc).",
  },
  {
    year: 2015,
    date: "2015",
    release: "4.2",
    kind: "machine",
    title: "Tail calls",
    says: "A program can hand over to another one, and does not come back.",
  },
  {
    year: 2016,
    date: "2016",
    release: "4.7",
    kind: "hook",
    title: "Tracepoints",
    says: "The places that the kernel itself offers for watching it. The first program of this lecture hangs on one.",
  },
  {
    year: 2016,
    date: "2016",
    release: "4.8",
    kind: "hook",
    title: "XDP",
    says: "Programs in the network driver: a packet is dropped, changed or sent back before the kernel has made anything of it.",
  },
  {
    year: 2018,
    date: "2018",
    release: "4.16",
    kind: "machine",
    title: "Functions",
    says: "A program can call functions of its own. Until then everything had to be inlined.",
  },
  {
    year: 2018,
    date: "2018",
    release: "4.18",
    kind: "machine",
    title: "BTF",
    says: "Type information comes with programs and maps, compact enough to stay in the kernel.",
  },
  {
    year: 2019,
    date: "2019",
    release: "5.2",
    kind: "verifier",
    title: "A million instructions",
    says: "Programs of privileged users may be that long, and the verifier processes that many. The limit had been 4096 for a program.",
  },
  {
    year: 2019,
    date: "2019",
    release: "5.3",
    kind: "verifier",
    title: "Bounded loops",
    says: "A loop is accepted when the verifier can walk it to its end. The rule of 1992, forward only, is gone.",
  },
  {
    year: 2020,
    date: "2020",
    release: "5.6",
    kind: "hook",
    title: "struct_ops",
    says: "Programs take the place of a table of the kernel's own functions, a congestion control for instance.",
  },
  {
    year: 2020,
    date: "2020",
    release: "5.7",
    kind: "hook",
    title: "LSM",
    says: "Programs decide where security modules decide.",
  },
  {
    year: 2020,
    date: "2020",
    release: "5.8",
    kind: "memory",
    title: "Ring buffer",
    says: "One queue for all CPUs carries records to user space, in order.",
  },
  {
    year: 2020,
    date: "2020",
    release: "5.10",
    kind: "machine",
    title: "Sleepable programs",
    says: "Some kinds of program may wait, and so may read memory that is not there yet.",
  },
  {
    year: 2024,
    date: "May 2024",
    release: "6.9",
    kind: "memory",
    title: "Arena",
    says: "A region of memory that program and process share, with pointers that both can follow.",
  },
  {
    year: 2024,
    date: "October 2024",
    kind: "text",
    title: "RFC 9669",
    says: "The instruction set is an Internet document, edited by Dave Thaler. BPF “is no longer an acronym for anything”.",
  },
  {
    year: 2024,
    date: "November 2024",
    release: "6.12",
    kind: "hook",
    title: "Scheduler classes",
    says: "sched_ext: a whole CPU scheduler as a BPF program, exchanged while the machine runs.",
  },
  {
    year: 2025,
    date: "30 November 2025",
    release: "6.18",
    kind: "verifier",
    title: "Signed programs",
    says: "A signature can say who vouches for a program. How it is done is still disputed.",
  },
];

/** What can be looked at closer. The first is everything. */
export const PERIODS: Periods = [
  { id: "all", title: "All", from: 1992, to: 2025 },
  { id: "classic", title: "1992 to 2012", from: 1992, to: 2012 },
  { id: "merged", title: "2013 to 2016", from: 2013, to: 2016 },
  { id: "grown", title: "2018 to 2020", from: 2018, to: 2020 },
  { id: "today", title: "2024 and 2025", from: 2024, to: 2025 },
];

/** An entry as a sentence. */
export function describeEntry({ date, release, title, says }: Entry): string {
  return `${date}${release === undefined ? "" : `, Linux ${release}`}: ${title}. ${says}`;
}
