import type { SubmissionProgress } from "#notebook/document";
import { db } from "#server/db";
import { followProgress } from "#server/grading";
import { submissionProgress } from "#server/queries";

/** Places in the queue are asked for again after this time, and later where many are before. */
const LOOK_MS = 1000;
const LOOK_MS_MAX = 5000;
const LOOK_MS_PER_PLACE = 50;

/** What of a submission's progress is for who asks. */
export type Shown = (progress: SubmissionProgress) => SubmissionProgress;

/**
 * Server-sent events: each a `SubmissionProgress`. It ends with the result, or with the word that it
 * is withheld from who asks.
 */
export function progressStream(
  id: string,
  shown: Shown,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let teller: Teller | undefined;
  return new ReadableStream({
    start(controller) {
      teller = new Teller(id, shown, controller);
      signal.addEventListener("abort", () => teller?.end());
      teller.begin();
    },
    cancel: () => teller?.end(),
  });
}

class Teller {
  readonly #id: string;
  readonly #shown: Shown;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #unfollow: () => void = () => undefined;
  #next: NodeJS.Timeout | undefined;
  #isEnded = false;
  #last = "";

  constructor(id: string, shown: Shown, controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#id = id;
    this.#shown = shown;
    this.#controller = controller;
  }

  begin(): void {
    // Before the database is asked: what happens in between is heard.
    this.#unfollow = followProgress(this.#id, (news) => {
      if (news.kind === "running") this.#tell(news);
      else void this.#look();
    });
    void this.#look();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#next);
    this.#unfollow();
    try {
      this.#controller.close();
    } catch {
      // The reader has gone before.
    }
  }

  /** Asks the database, again and again: news may get lost, and places move without any. */
  async #look(): Promise<void> {
    clearTimeout(this.#next);
    const progress = await submissionProgress(db(), this.#id).catch(() => undefined);
    if (this.#isEnded) return;
    if (progress !== undefined) this.#tell(progress);
    if (progress?.kind === "graded" || progress?.kind === "held") {
      this.end();
      return;
    }
    const before = progress?.kind === "waiting" ? (progress.position ?? 0) : 0;
    const delay = Math.min(LOOK_MS_MAX, Math.max(LOOK_MS, before * LOOK_MS_PER_PLACE));
    this.#next = setTimeout(() => void this.#look(), delay);
  }

  #tell(progress: SubmissionProgress): void {
    const text = JSON.stringify(this.#shown(progress));
    if (this.#isEnded || text === this.#last) return;
    this.#last = text;
    this.#controller.enqueue(this.#encoder.encode(`data: ${text}\n\n`));
  }
}
