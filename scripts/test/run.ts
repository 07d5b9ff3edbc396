import { spawn } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export interface Run {
  readonly ok: boolean;
  readonly output: string;
}

interface RunOptions {
  readonly minutesMax: number;
  /** Shows the output as it comes, instead of keeping it. */
  readonly live?: boolean;
  readonly env?: Record<string, string>;
}

/** Runs a program of the checkout to its end, or ends it and all it started when time is up. */
export function run(
  program: string,
  args: readonly string[],
  { minutesMax, live = false, env = {} }: RunOptions,
): Promise<Run> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
      detached: true,
    });
    let output = "";
    const keep = (piece: Buffer) => {
      output += piece.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const timer = setTimeout(() => {
      output += `\nnot finished after ${minutesMax} minutes`;
      endGroup(child.pid);
    }, minutesMax * 60_000);
    const finish = (ok: boolean) => {
      clearTimeout(timer);
      process.off("exit", endChild);
      done({ ok, output });
    };
    const endChild = () => endGroup(child.pid);
    process.once("exit", endChild);
    child.once("error", (error) => {
      output += error.message;
      finish(false);
    });
    child.once("close", (code) => finish(code === 0));
  });
}

/** Runs a script on the Node 24 of the checkout. */
export function node24(args: readonly string[], options: RunOptions): Promise<Run> {
  return run(join(ROOT, "scripts/node24"), args, options);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
