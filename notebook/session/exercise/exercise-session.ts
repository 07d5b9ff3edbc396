import type {
  ExerciseSheet,
  Output,
  SubmissionProgress,
  SubmissionReceipt,
  TestOutcome,
} from "#notebook/document";
import type { Message } from "../message.ts";
import type { VisibleTestsEnd, VisibleTestsOptions } from "../visible-tests.ts";
import {
  type ExerciseState,
  type Handing,
  isNews,
  isTooLarge,
  type StudentWork,
  sizeOf,
  type Trial,
  withAttempt,
} from "./exercise-state.ts";
import { draftAsNotebook, ExerciseText, type OpenedDrafts } from "./exercise-text.ts";
import { type KeptSubmission, Outbox, type OutboxStore } from "./outbox.ts";
import type { RemoteExercise, SubmitResult } from "./remote.ts";

/** What an open exercise needs of the world. */
export interface ExercisePorts {
  readonly remote: RemoteExercise;
  readonly outbox: OutboxStore;
  openDrafts(): Promise<OpenedDrafts>;
  /** What is global in a module of the course, as TypeScript declarations. */
  loadTypes(): Promise<string>;
  runTests(options: VisibleTestsOptions): Promise<VisibleTestsEnd>;
  follow(submissionId: string, onProgress: (progress: SubmissionProgress) => void): () => void;
}

/** The server could not be reached: tried again after this time, or when the browser is online. */
const RETRY_MS = 15_000;

/** One open exercise: its text, its visible tests, and what is handed in. */
export class ExerciseSession {
  readonly #sheet: ExerciseSheet;
  readonly #student: StudentWork | undefined;
  readonly #ports: ExercisePorts;
  readonly #outbox: Outbox;
  readonly #text: ExerciseText;
  readonly #listeners = new Set<() => void>();
  #state: ExerciseState;
  #tests: AbortController | undefined;
  #unfollow: () => void = () => undefined;
  #kept: KeptSubmission | undefined;
  #isSending = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(sheet: ExerciseSheet, student: StudentWork | undefined, ports: ExercisePorts) {
    const { manifest, starter } = sheet;
    this.#sheet = sheet;
    this.#student = student;
    this.#ports = ports;
    this.#outbox = new Outbox(ports.outbox, (input) => ports.remote.submit(input));
    const remote =
      student &&
      draftAsNotebook({ id: manifest.id, starter, userId: student.userId }, ports.remote);
    const slug = `exercise:${manifest.id}:${student?.userId ?? ""}`;
    this.#text = new ExerciseText(slug, starter, {
      openDrafts: () => ports.openDrafts(),
      remote,
      changed: () => this.#textChanged(),
    });
    this.#state = firstState(starter, student);
  }

  open(): void {
    this.#text.open();
    globalThis.addEventListener?.("online", this.#sendKept);
    globalThis.document?.addEventListener("visibilitychange", this.#sendKept);
    const { handing } = this.#state;
    if (handing.kind === "stored") this.#follow(handing.receipt);
    if (this.#student !== undefined) void this.#findKept(this.#student.userId);
  }

  close(): void {
    this.#text.close();
    this.#tests?.abort();
    this.#unfollow();
    clearTimeout(this.#retry);
    globalThis.removeEventListener?.("online", this.#sendKept);
    globalThis.document?.removeEventListener("visibilitychange", this.#sendKept);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): ExerciseState => this.#state;

  /** Declarations for the editor; "" when they cannot be had now. */
  readonly loadTypes = (): Promise<string> => this.#ports.loadTypes().catch(() => "");

  edit(source: string): void {
    this.#set({ discarded: undefined });
    this.#text.edit(source);
  }

  setEditing(isEditing: boolean): void {
    this.#text.setEditing(isEditing);
  }

  /** Back to the text that the exercise begins with. */
  startOver(): void {
    const discarded = this.#state.source;
    this.#text.reset();
    this.#set({ discarded });
    this.#say("polite", "The text is as it was given. The button takes yours back.");
  }

  takeBack(): void {
    const { discarded } = this.#state;
    if (discarded !== undefined) this.edit(discarded);
  }

  resolveConflict(source: string): void {
    this.#text.resolveConflict(source);
  }

  /** Runs the visible tests in this browser; while they run it does nothing. */
  async tryTests(): Promise<void> {
    if (this.#tests !== undefined || this.#sheet.visibleTests === "") return;
    const { source } = this.#state;
    const tests = new AbortController();
    this.#tests = tests;
    let outcomes: readonly TestOutcome[] = [];
    let outputs: readonly Output[] = [];
    const show = () => this.#set({ trial: { kind: "running", outcomes, outputs } });
    show();
    const end = await this.#ports.runTests({
      source,
      testSource: this.#sheet.visibleTests,
      manifest: this.#sheet.manifest,
      signal: tests.signal,
      onOutcome: (outcome) => {
        outcomes = [...outcomes, outcome];
        show();
      },
      onOutput: (output) => {
        outputs = [...outputs, output];
        show();
      },
    });
    this.#tests = undefined;
    const trial: Trial = { kind: "ended", outcomes, outputs, end, source };
    this.#set({ trial });
    this.#say("polite", endOfTrial(this.#sheet, outcomes, end));
  }

  stopTests(): void {
    this.#tests?.abort();
  }

  /** Hands the present text in. */
  async submit(): Promise<void> {
    if (this.#student === undefined || this.#isSending || this.#kept !== undefined) return;
    const { source } = this.#state;
    if (isTooLarge(source)) {
      this.#refuse({ kind: "too-large", bytes: sizeOf(source) });
      return;
    }
    const { userId } = this.#student;
    const clientKey = crypto.randomUUID();
    const exercise = this.#sheet.manifest.id;
    await this.#deliver({ exercise, userId, source, clientKey, at: Date.now() });
  }

  /** Sends what is kept, where there is something. */
  readonly #sendKept = (): void => {
    if (this.#kept !== undefined && !this.#isSending) void this.#deliver(this.#kept);
  };

  sendKept(): void {
    this.#sendKept();
  }

  async #findKept(userId: string): Promise<void> {
    for (const kept of await this.#outbox.kept(userId)) {
      if (kept.exercise !== this.#sheet.manifest.id) continue;
      await this.#deliver(kept);
      if (this.#kept !== undefined) return;
    }
  }

  async #deliver(submission: KeptSubmission): Promise<void> {
    clearTimeout(this.#retry);
    this.#isSending = true;
    if (this.#kept === undefined) this.#set({ handing: { kind: "sending" } });
    const delivery = await this.#outbox.deliver(submission);
    this.#isSending = false;
    if (delivery.kind === "answered") {
      this.#kept = undefined;
      this.#answered(delivery.answer);
      return;
    }
    const isNew = this.#kept === undefined;
    this.#kept = submission;
    const { because } = delivery;
    this.#set({ handing: { kind: "kept", because, at: submission.at } });
    if (isNew) this.#say("assertive", "Not sent yet. It is kept on this device and will be sent.");
    if (because === "offline") this.#retry = setTimeout(this.#sendKept, RETRY_MS);
  }

  #answered(answer: SubmitResult): void {
    if (answer.kind === "denied") {
      // A refusal for want of a session is no answer: it stays in the outbox.
      if (answer.because === "signed-out") return;
      if ("until" in answer) this.#refuse({ kind: answer.because, until: answer.until });
      else this.#refuse({ kind: answer.because });
      return;
    }
    if (answer.kind === "invalid") {
      this.#refuse({ kind: "invalid", problems: answer.problems });
      return;
    }
    const { receipt } = answer;
    const known = this.#state.attempts.find((attempt) => attempt.receipt.id === receipt.id);
    const progress: SubmissionProgress = { kind: "waiting", position: undefined };
    this.#set({
      handing: { kind: "stored", receipt, progress },
      attempts:
        known === undefined
          ? withAttempt(this.#state.attempts, receipt, progress)
          : this.#state.attempts,
    });
    if (answer.kind === "accepted") this.#say("polite", `Attempt ${receipt.attempt} is stored.`);
    this.#follow(receipt, answer.kind === "identical");
  }

  #follow(receipt: SubmissionReceipt, isHandedInAgain = false): void {
    this.#unfollow();
    this.#unfollow = this.#ports.follow(receipt.id, (progress) => {
      const { handing, attempts } = this.#state;
      if (handing.kind !== "stored" || handing.receipt.id !== receipt.id) return;
      if (!isNews(handing.progress, progress)) return;
      this.#set({ handing: { ...handing, progress } });
      if (progress.kind === "held") {
        this.#set({ attempts: withAttempt(attempts, receipt, progress) });
        this.#say("polite", `Attempt ${receipt.attempt}: its grade is not released yet.`);
      }
      if (progress.kind !== "graded") return;
      const { result } = progress;
      this.#set({
        graded: { receipt, result, isHandedInAgain },
        attempts: withAttempt(attempts, receipt, progress),
      });
      const again = isHandedInAgain ? "The same text was handed in before. " : "";
      const points = `${result.score} of ${result.max} points.`;
      const { latePercent } = receipt;
      const late = latePercent > 0 ? ` It came late: ${latePercent} % of that is lost.` : "";
      this.#say("polite", `${again}Attempt ${receipt.attempt}: ${points}${late}`);
    });
  }

  #refuse(because: Extract<Handing, { kind: "refused" }>["because"]): void {
    this.#set({ handing: { kind: "refused", because } });
    this.#say("assertive", "Nothing was handed in. Your text is kept.");
  }

  #textChanged(): void {
    const { source, original, conflict, saved, isEditing } = this.#text;
    const { conflict: before } = this.#state;
    const isEdited = source !== original;
    this.#set({ source, isEdited, isEditing, conflict, saved });
    if (conflict !== undefined && before === undefined) {
      this.#say("assertive", "There is another text of yours. Both are kept.");
    }
  }

  #say(tone: Message["tone"], text: string): void {
    const number = (this.#state.message?.number ?? 0) + 1;
    this.#set({ message: { number, tone, text } });
  }

  #set(change: Partial<ExerciseState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** What the server's page shows, and what follows from it. */
export function firstState(starter: string, student: StudentWork | undefined): ExerciseState {
  const attempts = student?.attempts ?? [];
  const [last] = attempts;
  const isWaiting = last !== undefined && last.result === undefined && last.isHeld !== true;
  return {
    source: starter,
    isEdited: false,
    isEditing: false,
    discarded: undefined,
    conflict: undefined,
    saved: { kind: "local" },
    trial: { kind: "none" },
    handing: isWaiting
      ? {
          kind: "stored",
          receipt: last.receipt,
          progress: { kind: "waiting", position: undefined },
        }
      : { kind: "none" },
    graded: student?.graded && { ...student.graded, isHandedInAgain: false },
    attempts,
    message: undefined,
  };
}

/** How the visible tests ended, in one sentence. */
function endOfTrial(
  { manifest }: ExerciseSheet,
  outcomes: readonly TestOutcome[],
  end: VisibleTestsEnd,
): string {
  const passed = outcomes.filter(({ kind }) => kind === "passed").length;
  if (end.kind === "done") return `${passed} of ${outcomes.length} visible tests pass.`;
  if (end.kind === "stopped") return "The visible tests were stopped.";
  if (end.kind === "compile-error") return `The text does not compile: line ${end.line}.`;
  return `The visible tests ended after ${outcomes.length} of ${manifest.tests.length}.`;
}
