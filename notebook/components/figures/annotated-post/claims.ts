/** The post of 25 August 1991 claim by claim: a few words of each, and what became of it. */

export type Fate = "held" | "overtaken" | "open";

export const FATES: Readonly<Record<Fate, string>> = {
  held: "it was so",
  overtaken: "overtaken by events",
  open: "cannot be told",
};

export interface PostClaim {
  /** Words of the post, as they are. */
  readonly quote: string;
  readonly fate: Fate;
  readonly became: string;
  readonly source: string;
  /** Where the lecture says more, as a link inside of it. */
  readonly more?: { readonly href: string; readonly title: string };
}

export const CLAIMS: readonly PostClaim[] = [
  {
    quote: "I'm doing a (free) operating system",
    fate: "open",
    became:
      "Free of charge it was. Free to sell it was not before February 1992: the first terms forbade taking money.",
    source: "RELNOTES-0.01, section 2; RELNOTES-0.12",
    more: { href: "#gnu-what-was-already-there", title: "what free meant in 1991" },
  },
  {
    quote: "just a hobby, won't be big and professional like gnu",
    fate: "overtaken",
    became:
      "10,239 lines a month later; 43 million in the summer of 2026. Of 2,217 people who changed 6.18, most are paid for it.",
    source: "counts of the releases; reports on 6.18 and 7.2-rc1",
  },
  {
    quote: "for 386(486) AT clones",
    fate: "overtaken",
    became:
      "Linux left both behind: the 386 with version 3.8 (removed in December 2012), the 486 with 7.1, in June 2026.",
    source: "ZDNet, 13 December 2012; Ars Technica, April 2026",
  },
  {
    quote: "This has been brewing since april",
    fate: "held",
    became:
      "The best source for the beginning, as it was written four months later and by the one who knew. On 3 July a question about POSIX had mentioned “a project”.",
    source: "message 1991Jul3.100050.9886@klaava.Helsinki.FI",
    more: { href: "#which-birthday", title: "which birthday" },
  },
  {
    quote: "and is starting to get ready",
    fate: "held",
    became:
      "0.01 lay on the server 23 days later, on 17 September, and 0.02 was announced on 5 October.",
    source: "dates of the files in the archive; S. J. Vaughan-Nichols, ZDNet, 2011",
    more: { href: "#001", title: "0.01" },
  },
  {
    quote: "same physical layout of the file-system (due to practical reasons)",
    fate: "held",
    became:
      "The disk was shared with MINIX, on which Linux was compiled. Its own ext came in 1992; 6.18 still reads the old layout, with the code in fs/minix.",
    source: "RELNOTES-0.01, section 6; the source of 6.18",
    more: { href: "#001", title: "the super block of its disk" },
  },
  {
    quote: "I've currently ported bash(1.08) and gcc(1.40)",
    fate: "held",
    became:
      "A binary of bash lay beside the source of 0.01, and gcc 1.40 is what it was compiled with. Both are GNU's.",
    source: "RELNOTES-0.01, sections 0 and 1",
    more: { href: "#gnu-what-was-already-there", title: "what was already there" },
  },
  {
    quote: "I'll get something practical within a few months",
    fate: "held",
    became:
      "0.12, in January 1992, had paging to disk and job control, and in its author's later view was already more usable than MINIX.",
    source: "L. Torvalds's note on 0.12 in the reconstructed history of the source",
  },
  {
    quote: "Any suggestions are welcome, but I won't promise I'll implement them",
    fate: "open",
    became:
      "Others did: within months there were patches for virtual consoles, job control, SCSI. Who sends a suggestion today is asked for a patch.",
    source: "notes on 0.12 and 0.96a in the reconstructed history",
  },
  {
    quote: "it's free of any minix code",
    fate: "held",
    became:
      "The notes for 0.01 say the same and more: no code “from minix or other sources”. Tanenbaum has always confirmed it.",
    source:
      "RELNOTES-0.01, section 1; A. Tanenbaum, Some Notes on the “Who wrote Linux” Kerfuffle, 2004",
  },
  {
    quote: "and it has a multi-threaded fs",
    fate: "held",
    became:
      "While one process waits for the disk another one can be in the file system. MINIX's file server did one request after the other.",
    source: "RELNOTES-0.01, sections 3 and 6",
  },
  {
    quote: "It is NOT protable (uses 386 task switching etc)",
    fate: "overtaken",
    became:
      "(The letters stand so in the post.) 1.2, in March 1995, holds the first code for other processors; 6.18 runs on about twenty architectures, and switches tasks in software.",
    source: "the source of 1.2 and 6.18, folder arch",
  },
  {
    quote: "it probably never will support anything other than AT-harddisks",
    fate: "overtaken",
    became:
      "“Never” lasted nine months: 0.96a, in May 1992, drives SCSI disks. The next words were “as that's all I have :-(”.",
    source: "note on 0.96a in the reconstructed history",
  },
];

/** A claim as a sentence. */
export function describeClaim({ quote, fate, became, source }: PostClaim): string {
  return `“${quote}”: ${FATES[fate]}. ${became} Source: ${source}.`;
}
