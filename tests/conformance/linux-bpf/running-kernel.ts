import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { BpfRecord } from "../bpf-record.ts";

const RECORDER = join(import.meta.dirname, "record.py");
const NOT_HERE = 2;

/** Answers in the order of the questions. */
interface Asked {
  readonly resolve: (record: BpfRecord) => void;
  readonly reject: (problem: Error) => void;
}

/** What the recorder could not ask: a map that is refused, a name that the kernel does not have. */
export class NotAskable extends Error {}

/** The kernel this runs on, asked through bpf(2) by the recorder. */
export class RunningKernel {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #asked: Asked[] = [];
  /** Resolves to whether bpf(2) can be used here. */
  readonly isUsable: Promise<boolean>;

  constructor() {
    this.#process = spawn("python3", [RECORDER, "--serve"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: this.#process.stdout });
    this.isUsable = new Promise((resolve) => {
      lines.once("line", () => resolve(true));
      this.#process.once("exit", (code) => {
        if (code !== NOT_HERE && code !== 0) console.error(`the recorder ended with ${code}`);
        resolve(false);
      });
      this.#process.once("error", () => resolve(false));
    });
    lines.on("line", (line) => this.#answer(line));
    this.#process.on("exit", () => {
      for (const { reject } of this.#asked.splice(0)) reject(new Error("the recorder is gone"));
    });
  }

  /** The record with this kernel's answers. */
  ask(record: object): Promise<BpfRecord> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify(record)}\n`);
    });
  }

  close(): void {
    this.#process.stdin.end();
  }

  #answer(line: string): void {
    // The first line only says that it is there.
    if (line === "ready") return;
    const { resolve, reject } = this.#asked.shift() as Asked;
    const answer = JSON.parse(line) as BpfRecord & { readonly problem?: string };
    if (answer.problem === undefined) resolve(answer);
    else reject(new NotAskable(answer.problem));
  }
}
