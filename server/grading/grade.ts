/**
 * Grades one submission in a player and a judge. The grader only carries messages between them and
 * watches the limits: what counts is what the judge says on its own channel, with the nonce.
 */
import { randomBytes } from "node:crypto";
import {
  type ExerciseManifest,
  type GradingResult,
  type GradingStatus,
  SOURCE_BYTES_MAX,
} from "#notebook/document";
import type { Frame } from "#notebook/runtime";
import { log } from "../operation/log.ts";
import { type JudgeMessage, parseJudgeMessage } from "./judge-message.ts";
import { resultOf, type Verdicts } from "./result.ts";
import { playerKindFor } from "./sandbox/player-kind.ts";
import { BrokenTests, type ReadyJudge, type SandboxPool } from "./sandbox/pool.ts";
import type { Sandbox, SandboxEnd } from "./sandbox/process.ts";
import { NO_USAGE, type Usage } from "./sandbox/usage.ts";

/** What a submission is graded with. */
export interface GradedExercise {
  readonly manifest: ExerciseManifest;
  /** Names the version: all that can change a result. */
  readonly hash: string;
  /** The hidden tests as one text. */
  readonly judge: string;
}

const WATCH_MS = 50;

/** Whatever a busy machine takes from a run: so many times its own limit, and it is over. */
const WALL_TIMES_MAX = 5;

/** A run that failed by our own fault is tried again, so often. */
const TRIES_MAX = 3;

/** What a run has taken. */
export interface RunUsage extends Usage {
  /** From its beginning to its end, without what others took of it. */
  readonly wallSeconds: number;
}

/** How a run goes on, and who is told of it. */
export interface RunListener {
  /** Ends it at the first test that fails: all that counts is whether one does. */
  readonly toFirstFailure?: boolean;
  /** The tests that are run; undefined: all of them. */
  readonly only?: readonly string[];
  /** Besides the seeds, those of several students: a verdict says whether it is theirs alike. */
  readonly apart?: readonly number[];
  /** Each verdict, with those that came before. */
  readonly onVerdict?: (verdicts: Verdicts) => void;
  /** At the end: CPU time of player and judge, and what the player's memory grew by at most. */
  readonly onUsage?: (usage: RunUsage) => void;
}

/** Answers a result, whatever the submission does. */
export async function grade(
  pool: SandboxPool,
  exercise: GradedExercise,
  source: string,
  seeds: readonly number[],
  listener: RunListener = {},
): Promise<GradingResult> {
  const began = performance.now();
  let end = await endOf(pool, exercise, source, seeds, listener);
  for (let tries = 1; tries < TRIES_MAX && end.isWorthRetrying === true; tries++) {
    end = await endOf(pool, exercise, source, seeds, listener);
  }
  return resultOf(exercise.manifest, end, performance.now() - began);
}

/** How a run ended, with the verdicts that came before. */
export interface RunEnd {
  readonly status: GradingStatus;
  readonly verdicts: Verdicts;
  readonly message?: string;
  /** It may end before all tests have run. */
  readonly isPartial?: boolean;
  /** It may end otherwise next time: a process of ours was killed. */
  readonly isWorthRetrying?: boolean;
}

async function endOf(
  pool: SandboxPool,
  exercise: GradedExercise,
  source: string,
  seeds: readonly number[],
  listener: RunListener,
): Promise<RunEnd> {
  const verdicts: Verdicts = new Map();
  if (Buffer.byteLength(source) > SOURCE_BYTES_MAX) {
    const message = "The submission is larger than 256 KiB: hand in less.";
    return { status: "compile-error", verdicts, message };
  }
  let player: Sandbox | undefined;
  let judge: ReadyJudge | undefined;
  try {
    const { memoryMiB } = exercise.manifest.limits;
    const playing = pool.takePlayer(playerKindFor(source), memoryMiB);
    const judging = pool.takeJudge({ hash: exercise.hash, source: exercise.judge });
    // Both are waited for, so that none is left behind when the other fails.
    await Promise.allSettled([playing, judging]);
    player = await playing;
    judge = await judging;
    const missing = differingTests(exercise.manifest, judge.tests);
    if (missing !== undefined) throw new BrokenTests(missing);
    const run = new Run(exercise.manifest, player, judge.sandbox, verdicts, listener);
    const end = await run.start(source, seeds);
    if (run.judgeIsIdle) pool.giveBack(judge);
    else judge.sandbox.kill();
    return end;
  } catch (error) {
    log.error({ err: error, exercise: exercise.manifest.id }, "grading failed");
    judge?.sandbox.kill();
    const message = error instanceof BrokenTests ? error.message : "The grader failed.";
    const isWorthRetrying = !(error instanceof BrokenTests);
    return { status: "internal-error", verdicts, message, isWorthRetrying };
  } finally {
    player?.kill();
    pool.refill();
  }
}

/** exercise.yaml and the hidden tests must name the same tests. */
function differingTests({ tests }: ExerciseManifest, ids: readonly string[]): string | undefined {
  const named = tests.map(({ id }) => id);
  const missing = named.filter((id) => !ids.includes(id));
  const extra = ids.filter((id) => !named.includes(id));
  if (missing.length > 0) return `the hidden tests lack ${missing.join(", ")}`;
  return extra.length > 0 ? `exercise.yaml lacks the tests ${extra.join(", ")}` : undefined;
}

class Run {
  readonly #manifest: ExerciseManifest;
  readonly #player: Sandbox;
  readonly #judge: Sandbox;
  readonly #verdicts: Verdicts;
  readonly #listener: RunListener;
  readonly #nonce = randomBytes(16).toString("hex");
  readonly #before: { readonly player: Usage; readonly judge: Usage };
  readonly #began = performance.now();
  #used: Usage = NO_USAGE;
  /** Whether the player has been asked and has not yet answered: it never speaks otherwise. */
  #isAsked = false;
  #watch: NodeJS.Timeout | undefined;
  #resolve: (end: RunEnd) => void = () => undefined;
  #hasEnded = false;
  /** Its run came to its own end, so that another one may follow. */
  judgeIsIdle = false;

  constructor(
    manifest: ExerciseManifest,
    player: Sandbox,
    judge: Sandbox,
    verdicts: Verdicts,
    listener: RunListener,
  ) {
    this.#manifest = manifest;
    this.#player = player;
    this.#judge = judge;
    this.#verdicts = verdicts;
    this.#listener = listener;
    this.#before = { player: player.usage(), judge: judge.usage() };
  }

  start(source: string, seeds: readonly number[]): Promise<RunEnd> {
    const { toFirstFailure = false, only, apart } = this.#listener;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#watch = setInterval(() => this.#look(), WATCH_MS);
      this.#judge.listen(
        (frame) => this.#fromJudge(frame),
        (end) => this.#judgeEnded(end),
      );
      this.#player.listen(
        (frame) => this.#fromPlayer(frame),
        (end) => this.#playerEnded(end),
      );
      this.#judge.send(
        "S",
        JSON.stringify({ nonce: this.#nonce, seeds, apart, toFirstFailure, only }),
      );
      this.#isAsked = true;
      this.#player.send("L", source);
    });
  }

  #fromPlayer({ kind, text }: Frame): void {
    if (this.#hasEnded) return;
    const isAnswer = kind === "A" && this.#isAsked;
    this.#isAsked = false;
    if (isAnswer) this.#judge.send("A", text);
    else this.#end("tampered");
  }

  #fromJudge({ kind, text }: Frame): void {
    if (this.#hasEnded) return;
    if (kind === "Q") {
      this.#isAsked = true;
      this.#player.send("Q", text);
      return;
    }
    const message = parseJudgeMessage(kind, text, this.#nonce);
    if (message === undefined) this.#end("internal-error", "The judge cannot be understood.");
    else this.#hear(message);
  }

  #hear(message: JudgeMessage): void {
    if (message.kind === "verdict") {
      this.#verdicts.set(message.verdict.id, message.verdict);
      this.#listener.onVerdict?.(this.#verdicts);
      return;
    }
    const { end } = message;
    this.judgeIsIdle = true;
    if (end.kind === "done") this.#end("graded");
    else if (end.kind === "tampered") this.#end("tampered");
    else if (end.kind === "broken") this.#end("internal-error", `The tests failed: ${end.message}`);
    else
      this.#end("compile-error", end.line > 0 ? `Line ${end.line}: ${end.message}` : end.message);
  }

  #playerEnded(end: SandboxEnd): void {
    if (end.kind === "garbled") this.#end("tampered");
    // Code inside has no way to send itself this signal: somebody else did.
    else if (end.kind === "exited" && end.because === "SIGKILL") {
      this.#end("internal-error", "The player was killed.");
    } else this.#end(end.kind === "out-of-memory" ? "memory" : "crashed");
  }

  #judgeEnded(end: SandboxEnd): void {
    log.error({ end, stderr: this.#judge.errorText }, "a judge ended during a run");
    this.#end("internal-error", "The judge ended.");
  }

  /** From outside, since code inside could stop any clock of its own. */
  #look(): void {
    const { cpuSeconds, wallSeconds, memoryMiB } = this.#manifest.limits;
    this.#measure();
    // Time in which others had the cores is nobody's fault: the same text is graded alike on a busy evening.
    const elapsed = this.#elapsed();
    const isOver = elapsed - this.#used.waitSeconds > wallSeconds;
    if (this.#used.cpuSeconds > cpuSeconds) this.#timeOut("cpu");
    else if (this.#used.rssMiB > memoryMiB) this.#end("memory");
    else if (isOver || elapsed > wallSeconds * WALL_TIMES_MAX) this.#timeOut("wall");
  }

  #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  #measure(): void {
    const [player, judge] = [this.#player.usage(), this.#judge.usage()];
    const before = this.#before;
    // Programs of the student's run in the judge, too.
    const cpuSeconds =
      player.cpuSeconds - before.player.cpuSeconds + (judge.cpuSeconds - before.judge.cpuSeconds);
    const waitSeconds =
      player.waitSeconds -
      before.player.waitSeconds +
      (judge.waitSeconds - before.judge.waitSeconds);
    // One that has ended is read as nothing.
    this.#used = {
      cpuSeconds: Math.max(this.#used.cpuSeconds, cpuSeconds),
      rssMiB: Math.max(this.#used.rssMiB, player.rssMiB - before.player.rssMiB),
      waitSeconds: Math.max(this.#used.waitSeconds, waitSeconds),
    };
  }

  #timeOut(which: "cpu" | "wall"): void {
    const { cpuSeconds, wallSeconds } = this.#manifest.limits;
    const limit = which === "cpu" ? `${cpuSeconds} s of CPU time` : `${wallSeconds} s`;
    this.#end(
      "time-out",
      `It took longer than ${limit}. Look for a loop that never ends; the tests before keep their points.`,
    );
  }

  #end(status: GradingStatus, message?: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#watch);
    this.#measure();
    const wallSeconds = Math.max(0, this.#elapsed() - this.#used.waitSeconds);
    this.#listener.onUsage?.({ ...this.#used, wallSeconds });
    this.#player.kill();
    const verdicts = this.#verdicts;
    const isWorthRetrying = status === "internal-error" && !this.judgeIsIdle;
    const { toFirstFailure, only } = this.#listener;
    const isPartial = toFirstFailure === true || only !== undefined;
    this.#resolve({ status, verdicts, isPartial, isWorthRetrying, ...(message && { message }) });
  }
}
