import { BrowserOutbox } from "./browser-outbox.ts";
import { type Delivery, Outbox } from "./outbox.ts";
import type { RemoteExercise } from "./remote.ts";

/** A submission that waited on this device and has an answer now. */
export interface SentSubmission {
  readonly exercise: string;
  readonly answer: Extract<Delivery, { kind: "answered" }>["answer"];
}

/**
 * Sends what the person has submitted and the server has not yet answered, the oldest first.
 *
 * @param isOpen whether the exercise stands on the page: then it sends for itself
 */
export async function sendKept(
  userId: string,
  submit: RemoteExercise["submit"],
  isOpen: (exercise: string) => boolean,
): Promise<readonly SentSubmission[]> {
  const outbox = new Outbox(new BrowserOutbox(), submit);
  const sent: SentSubmission[] = [];
  for (const kept of await outbox.kept(userId)) {
    if (isOpen(kept.exercise)) continue;
    const delivery = await outbox.deliver(kept);
    // Where one does not get through, the next one does not either.
    if (delivery.kind === "kept") break;
    sent.push({ exercise: kept.exercise, answer: delivery.answer });
  }
  return sent;
}
