/** What a search of the course answers: `GET /search/hits?q=…` as JSON. */

export interface SearchAnswer {
  /** As it was understood: trimmed, and cut where it was too long. */
  readonly query: string;
  /** The best first. */
  readonly hits: readonly SearchHit[];
  /** How many there are; `hits` holds the best of them. */
  readonly total: number;
}

export interface SearchHit {
  readonly kind: "section" | "cell";
  /** Leads to the heading or the cell: `/lectures/11-ebpf-1-machine#cell-loops`. */
  readonly href: string;
  /** E.g. `L11`, and the lecture's title. */
  readonly lectureNumber: string;
  readonly lectureTitle: string;
  /** The heading of the section that it stands in; "" before the first one. */
  readonly section: string;
  /** Of a cell: its number and its title, "" when it has none. */
  readonly cell?: { readonly number: number; readonly title: string };
  /** A part of the text with the words that were found; joined it is a line of plain text. */
  readonly snippet: readonly { readonly text: string; readonly isHit: boolean }[];
}
