/** Cells as a visit hears of them. */
export interface VisitedCell {
  readonly id: string;
  /** The lecture's own text. */
  readonly original: string;
  readonly lastRun:
    | { readonly order: number; readonly isOk: boolean; readonly source: string }
    | undefined;
  readonly status: { readonly kind: string };
}

/** What is told of a visit, as `reading/route.ts` takes it. */
export interface VisitNews {
  readonly section: string;
  readonly ran: readonly string[];
  readonly failed: readonly string[];
  readonly failedAsGiven: readonly string[];
}

/** What one visit to a lecture has to tell: how far it came, and what became of cells. No times, no order. */
export class Visit {
  /** Ids, in their order. */
  readonly #sections: readonly string[];
  /** Of the furthest section that was read; -1: none yet. */
  #furthest = -1;
  #lastLook = -1;
  readonly #ran = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #failedAsGiven = new Set<string>();
  /** The newest run of each cell that is known. */
  readonly #orders = new Map<string, number>();
  #isTold = false;

  constructor(sections: readonly string[]) {
    this.#sections = sections;
  }

  /** The section that is read now, by its place. Two looks at the same one: nobody just scrolled by. */
  look(section: number): void {
    if (section === this.#lastLook && section > this.#furthest) {
      this.#furthest = section;
      this.#isTold = false;
    }
    this.#lastLook = section;
  }

  /** Takes note of the runs that have ended since. */
  hear(cells: readonly VisitedCell[]): void {
    for (const { id, original, lastRun, status } of cells) {
      if (lastRun === undefined || lastRun.order === this.#orders.get(id)) continue;
      this.#orders.set(id, lastRun.order);
      if (lastRun.isOk) this.#note(this.#ran, id);
      // Stopped by the reader is not failed.
      else if (status.kind !== "interrupted") {
        this.#note(this.#failed, id);
        if (lastRun.source === original) this.#note(this.#failedAsGiven, id);
      }
    }
  }

  /** What is to be told, all of the visit each time; undefined: that has been told. */
  news(): VisitNews | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = true;
    return {
      section: this.#sections[this.#furthest] ?? "",
      ran: [...this.#ran],
      failed: [...this.#failed],
      failedAsGiven: [...this.#failedAsGiven],
    };
  }

  #note(cells: Set<string>, id: string): void {
    if (!cells.has(id)) this.#isTold = false;
    cells.add(id);
  }
}
