import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BenchProgram } from "./bench-program.ts";

/** The running kernel with its own JIT. */
export interface LinuxEngine {
  /** Runs a program as often as asked and answers how many ns that took. */
  run(id: string, repeat: number): Promise<number>;
  close(): void;
}

const SCRIPT = join(import.meta.dirname, "linux.py");

/** undefined: there is no Linux here, no Python, or nobody may call bpf(2). */
export async function openLinux(
  programs: readonly BenchProgram[],
): Promise<LinuxEngine | undefined> {
  const file = join(tmpdir(), `bench-bpf-${process.pid}.jsonl`);
  writeFileSync(file, programs.map((program) => JSON.stringify(program)).join("\n"));
  const child = spawn("python3", [SCRIPT, file], { stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = await lines.next();
  rmSync(file);
  if (ready.value !== "ready") return undefined;
  return {
    async run(id, repeat) {
      child.stdin.write(`${id} ${repeat}\n`);
      const { value } = await lines.next();
      const ns = Number(value);
      if (!Number.isFinite(ns)) throw new Error(`Linux does not run ${id}`);
      return ns;
    },
    close: () => child.stdin.end(),
  };
}
