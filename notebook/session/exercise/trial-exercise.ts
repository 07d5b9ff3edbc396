/** An exercise without a browser, for tests: a store and a server in memory. */

import type { ExerciseSheet, SubmissionProgress, SubmissionReceipt } from "#notebook/document";
import { MemoryDrafts, MemoryStore } from "../trial-notebook.ts";
import type { VisibleTestsEnd, VisibleTestsOptions } from "../visible-tests.ts";
import { ExerciseSession } from "./exercise-session.ts";
import type { ExerciseState, StudentWork } from "./exercise-state.ts";
import type { KeptSubmission, OutboxStore } from "./outbox.ts";
import type { RemoteExercise, SubmitInput, SubmitResult } from "./remote.ts";

export const STARTER = "export const sum = () => 0;\n";

const SHEET: ExerciseSheet = {
  manifest: {
    id: "add-up",
    number: "E1.1",
    kind: "code",
    title: "Add up",
    attempts: undefined,
    limits: { cpuSeconds: 1, wallSeconds: 1, memoryMiB: 64 },
    seeds: [1],
    points: 1,
    tests: [{ id: "adds", title: "It adds", points: 1, hint: "Add." }],
  },
  starter: STARTER,
  contract: "",
  visibleTests: "export default {}",
};

export const STUDENT: StudentWork = {
  userId: "mira",
  isEnrolled: true,
  attempts: [],
  graded: undefined,
  dates: undefined,
};

export class MemoryOutbox implements OutboxStore {
  readonly #kept = new Map<string, KeptSubmission>();

  async put(submission: KeptSubmission): Promise<void> {
    this.#kept.set(submission.clientKey, submission);
  }

  async remove(clientKey: string): Promise<void> {
    this.#kept.delete(clientKey);
  }

  async all(): Promise<readonly KeptSubmission[]> {
    return [...this.#kept.values()].sort((a, b) => a.at - b.at);
  }
}

/** A server that stores what comes once for each key, as the real one does. */
export class MemorySite implements RemoteExercise {
  readonly stored = new Map<string, SubmitInput>();
  /** Lost: it comes, and its answer does not. */
  network: "up" | "down" | "answers-lost" = "up";
  signedIn: string | undefined = "mira";

  async submit(input: SubmitInput): Promise<SubmitResult> {
    if (this.network === "down") throw new TypeError("Failed to fetch");
    if (this.signedIn !== input.userId) return { kind: "denied", because: "signed-out" };
    const isSame = [...this.stored.values()].some(({ source }) => source === input.source);
    const isSent = this.stored.has(input.clientKey);
    if (!isSent && !isSame) this.stored.set(input.clientKey, input);
    if (this.network === "answers-lost") throw new TypeError("Failed to fetch");
    return { kind: isSame && !isSent ? "identical" : "accepted", receipt: this.#receipt(input) };
  }

  async loadDraft() {
    return { kind: "draft", revision: 0, source: undefined, at: 0 } as const;
  }

  async saveDraft({ revision }: { revision: number }) {
    return { kind: "saved", revision: revision + 1 } as const;
  }

  #receipt({ source }: SubmitInput): SubmissionReceipt {
    const sources = [...this.stored.values()].map((submission) => submission.source);
    const attempt = sources.indexOf(source) + 1;
    return { id: `s${attempt}`, attempt, receivedAt: attempt, sourceHash: "", latePercent: 0 };
  }
}

interface TrialOptions {
  site?: MemorySite;
  outbox?: OutboxStore;
  student?: StudentWork | undefined;
  runTests?: (options: VisibleTestsOptions) => Promise<VisibleTestsEnd>;
}

/** Tells the session where a submission stands. */
export type TellProgress = (progress: SubmissionProgress) => void;

export interface TrialExercise {
  readonly session: ExerciseSession;
  readonly site: MemorySite;
  /** By submission. */
  readonly followers: Map<string, TellProgress>;
}

export function openExercise({
  site = new MemorySite(),
  outbox = new MemoryOutbox(),
  student = STUDENT,
  runTests = async () => ({ kind: "done" }),
}: TrialOptions = {}): TrialExercise {
  const followers = new Map<string, TellProgress>();
  const drafts = new MemoryDrafts(new MemoryStore());
  const session = new ExerciseSession(SHEET, student, {
    remote: site,
    outbox,
    openDrafts: async () => ({ drafts, other: undefined }),
    loadTypes: async () => "",
    runTests,
    follow(id, onProgress) {
      followers.set(id, onProgress);
      return () => followers.delete(id);
    },
  });
  session.open();
  return { session, site, followers };
}

/** Waits until the exercise is as wanted. */
export function reached(
  { session }: TrialExercise,
  isReached: (state: ExerciseState) => boolean,
): Promise<ExerciseState> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isReached(session.state())) return;
      stop();
      resolve(session.state());
    };
    const stop = session.subscribe(look);
    queueMicrotask(look);
  });
}
