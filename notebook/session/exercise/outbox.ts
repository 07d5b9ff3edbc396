/**
 * What was submitted and has no answer yet. It is kept on this device before it is sent, and leaves
 * only with an answer, so that neither a lost network nor an ended session loses it. It may be sent
 * twice; its key makes the server store it once.
 */

import type { SubmitInput, SubmitResult } from "./remote.ts";

export interface KeptSubmission extends SubmitInput {
  /** When the button was pressed, ms since 1970. */
  readonly at: number;
}

/** This device's store of them. */
export interface OutboxStore {
  put(submission: KeptSubmission): Promise<void>;
  remove(clientKey: string): Promise<void>;
  /** The oldest first. */
  all(): Promise<readonly KeptSubmission[]>;
}

export type Delivery =
  | { readonly kind: "answered"; readonly answer: SubmitResult }
  /** It stays in the outbox. */
  | { readonly kind: "kept"; readonly because: "offline" | "signed-out" };

type Send = (input: SubmitInput) => Promise<SubmitResult>;

export class Outbox {
  readonly #store: OutboxStore;
  readonly #send: Send;

  constructor(store: OutboxStore, send: Send) {
    this.#store = store;
    this.#send = send;
  }

  /** What this person has submitted and the server has not yet answered. */
  async kept(userId: string): Promise<readonly KeptSubmission[]> {
    const all = await this.#store.all().catch(() => []);
    return all.filter((kept) => kept.userId === userId);
  }

  /** Keeps a submission and sends it; again with the same one after it was kept. */
  async deliver(submission: KeptSubmission): Promise<Delivery> {
    // A browser that keeps nothing can still send.
    await this.#store.put(submission).catch(() => undefined);
    const { at: _, ...input } = submission;
    let answer: SubmitResult;
    try {
      answer = await this.#send(input);
    } catch {
      return { kind: "kept", because: "offline" };
    }
    if (answer.kind === "denied" && answer.because === "signed-out") {
      return { kind: "kept", because: "signed-out" };
    }
    await this.#store.remove(submission.clientKey).catch(() => undefined);
    return { kind: "answered", answer };
  }
}
