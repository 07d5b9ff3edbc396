/**
 * Visible tests in the browser, the way the grader runs hidden ones: the student's code in one
 * Worker, the tests in another, and this page between them.
 */

import type { ExerciseManifest, Output, TestOutcome } from "#notebook/document";
import type { TestVerdict } from "../runtime/judge/judge.ts";
import type { ToJudge, ToPlayer } from "../runtime/worker/test-messages.ts";
import { openFrame, type SandboxFrame, type SandboxWorker } from "./sandbox/frame.ts";
import { ABOVE_BPF, neededParts } from "./sandbox/needed-parts.ts";
import { parseFromJudge, parseFromPlayer } from "./sandbox/test-message.ts";
import { parseOutput } from "./sandbox/worker-message.ts";

export interface VisibleTestsOptions {
  readonly source: string;
  readonly testSource: string;
  readonly manifest: ExerciseManifest;
  /** Told as soon as a test has ended. Visible tests give no points: `max` is what hidden ones give. */
  readonly onOutcome: (outcome: TestOutcome) => void;
  /** What the student's code prints. */
  readonly onOutput?: (output: Output) => void;
  /** Ends both Workers at once. */
  readonly signal?: AbortSignal;
}

export type VisibleTestsEnd =
  | { readonly kind: "done" }
  | { readonly kind: "compile-error"; readonly message: string; readonly line: number }
  | { readonly kind: "tampered" }
  | { readonly kind: "time-out"; readonly seconds: number }
  | { readonly kind: "crashed" }
  /** The test file or the sandbox itself cannot be used. */
  | { readonly kind: "broken"; readonly message: string }
  | { readonly kind: "stopped" };

/** Runs the tests in order; never throws for anything that the student's code does. */
export async function runVisibleTests(options: VisibleTestsOptions): Promise<VisibleTestsEnd> {
  if (options.signal?.aborted) return { kind: "stopped" };
  let frame: SandboxFrame;
  try {
    const { source, testSource } = options;
    const parts = new Set([source, testSource].flatMap(neededParts));
    // Nothing is run once more here: what may be missed is there.
    if (parts.has("bpf")) for (const part of ABOVE_BPF) parts.add(part);
    frame = await openFrame(parts);
  } catch (problem) {
    return { kind: "broken", message: problem instanceof Error ? problem.message : "" };
  }
  // Somebody may have stopped it while the frame was opened.
  if (options.signal?.aborted) {
    frame.close();
    return { kind: "stopped" };
  }
  const run = new VisibleRun(frame, options);
  try {
    return await run.end;
  } finally {
    run.close();
  }
}

class VisibleRun {
  readonly end: Promise<VisibleTestsEnd>;
  readonly #options: VisibleTestsOptions;
  readonly #frame: SandboxFrame;
  readonly #player: SandboxWorker;
  readonly #judge: SandboxWorker;
  readonly #clock: ReturnType<typeof setTimeout>;
  #finish: (end: VisibleTestsEnd) => void = () => undefined;
  readonly #stop = () => this.#finish({ kind: "stopped" });

  constructor(frame: SandboxFrame, options: VisibleTestsOptions) {
    this.#options = options;
    this.#frame = frame;
    this.end = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#player = this.#start("player", (data) => this.#hearPlayer(data));
    this.#judge = this.#start("judge", (data) => this.#hearJudge(data));
    const { source, testSource, manifest, signal } = options;
    this.#tellPlayer({ type: "load", source });
    this.#tellJudge({ type: "start", testSource, seeds: manifest.seeds });
    signal?.addEventListener("abort", this.#stop);
    const seconds = manifest.limits.wallSeconds;
    this.#clock = setTimeout(() => this.#finish({ kind: "time-out", seconds }), seconds * 1000);
  }

  close(): void {
    clearTimeout(this.#clock);
    this.#options.signal?.removeEventListener("abort", this.#stop);
    this.#player.end();
    this.#judge.end();
    this.#frame.close();
  }

  #start(role: "player" | "judge", hear: (data: unknown) => void): SandboxWorker {
    const worker = this.#frame.spawn(role);
    worker.port.onmessage = ({ data }: MessageEvent<unknown>) => hear(data);
    void worker.failed.then(() => this.#finish({ kind: "crashed" }));
    return worker;
  }

  #tellPlayer(message: ToPlayer): void {
    this.#player.port.postMessage(message);
  }

  #tellJudge(message: ToJudge): void {
    this.#judge.port.postMessage(message);
  }

  /** Whoever broke out of the player can send anything; the judge believes nothing of it either. */
  #hearPlayer(data: unknown): void {
    const message = parseFromPlayer(data);
    if (message === undefined) this.#finish({ kind: "tampered" });
    else if (message.type === "answer") this.#tellJudge({ type: "answer", text: message.text });
    else if (message.type === "output") {
      const output = parseOutput(message.output);
      if (output !== undefined) this.#options.onOutput?.(output);
    }
  }

  #hearJudge(data: unknown): void {
    const message = parseFromJudge(data);
    if (message === undefined) {
      this.#finish({ kind: "broken", message: "The judge sent what is no message." });
      return;
    }
    switch (message.type) {
      case "ready":
        return;
      case "question":
        this.#tellPlayer({ type: "question", text: message.text });
        return;
      case "verdict":
        this.#options.onOutcome(outcomeOf(message.verdict, this.#options.manifest));
        return;
      case "end":
        this.#finish(message.end);
        return;
      case "broken":
        this.#finish({ kind: "broken", message: message.message });
    }
  }
}

function outcomeOf({ id, passed, feedback }: TestVerdict, manifest: ExerciseManifest): TestOutcome {
  const max = manifest.tests.find((test) => test.id === id)?.points ?? 0;
  const outcome = {
    id,
    kind: passed ? "passed" : "failed",
    points: passed ? max : 0,
    max,
  } as const;
  return feedback === undefined ? outcome : { ...outcome, feedback };
}
