import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { BpfRecord } from "../bpf-record.ts";

const RECORDER = join(import.meta.dirname, "record.py");
const NOT_HERE = 2;

/** Answers in the order of the questions. */
interface Asked {
  readonly record: object;
  readonly resolve: (record: BpfRecord) => void;
  readonly reject: (problem: Error) => void;
}

type Recorder = ChildProcessByStdio<Writable, Readable, null>;

/** What the recorder could not ask: a map that is refused, a name that the kernel does not have. */
export class NotAskable extends Error {}

/** The kernel this runs on, asked through bpf(2) by the recorder. */
export class RunningKernel {
  readonly #secondsMax: number;
  readonly #asked: Asked[] = [];
  #recorder: Recorder;
  #overdue: NodeJS.Timeout | undefined;
  /** Resolves to whether bpf(2) can be used here. */
  readonly isUsable: Promise<boolean>;

  /**
   * @param secondsMax after which a question is given up; nothing ends a program's run within the kernel, so a recorder that
   *   does not come back from one is left behind for another
   */
  constructor(secondsMax = 0) {
    this.#secondsMax = secondsMax;
    this.#recorder = this.#start();
    const recorder = this.#recorder;
    this.isUsable = new Promise((resolve) => {
      recorder.stdout.once("data", () => resolve(true));
      recorder.once("exit", (code) => {
        if (code !== NOT_HERE && code !== 0) console.error(`the recorder ended with ${code}`);
        resolve(false);
      });
      recorder.once("error", () => resolve(false));
    });
  }

  /** The record with this kernel's answers. */
  ask(record: object): Promise<BpfRecord> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ record, resolve, reject });
      this.#send(record);
      if (this.#asked.length === 1) this.#watch();
    });
  }

  close(): void {
    clearTimeout(this.#overdue);
    this.#recorder.stdin.end();
  }

  #start(): Recorder {
    const args = [RECORDER, "--serve", String(this.#secondsMax)];
    const recorder = spawn("python3", args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: recorder.stdout }).on("line", (line) => {
      if (recorder === this.#recorder) this.#answer(line);
    });
    recorder.once("exit", () => {
      if (recorder !== this.#recorder) return;
      clearTimeout(this.#overdue);
      for (const { reject } of this.#asked.splice(0)) reject(new Error("the recorder is gone"));
    });
    return recorder;
  }

  #send(record: object): void {
    this.#recorder.stdin.write(`${JSON.stringify(record)}\n`);
  }

  #answer(line: string): void {
    // The first line only says that it is there.
    if (line === "ready") return;
    const { resolve, reject } = this.#asked.shift() as Asked;
    this.#watch();
    const answer = JSON.parse(line) as BpfRecord & { readonly problem?: string };
    if (answer.problem === undefined) resolve(answer);
    else reject(new NotAskable(answer.problem));
  }

  /** The recorder gives up by itself; one that does not is in the kernel. */
  #watch(): void {
    clearTimeout(this.#overdue);
    if (this.#secondsMax === 0 || this.#asked.length === 0) return;
    this.#overdue = setTimeout(() => this.#leave(), 2000 * this.#secondsMax);
  }

  #leave(): void {
    const left = this.#recorder;
    this.#recorder = this.#start();
    left.kill("SIGKILL");
    this.#asked.shift()?.reject(new NotAskable("the kernel does not come back from this question"));
    for (const { record } of this.#asked) this.#send(record);
    this.#watch();
  }
}
