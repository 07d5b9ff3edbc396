/** The processes of a department's site, as its operator runs them: web, grader and PostgreSQL. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort, TEST_SECRET } from "../site.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A process that is started again when it dies, as a service manager does. */
export class Kept {
  readonly #start: () => ChildProcess;
  readonly #isUp: (line: string) => boolean;
  #child: ChildProcess | undefined;
  #isEnding = false;

  constructor(start: () => ChildProcess, isUp: (line: string) => boolean) {
    this.#start = start;
    this.#isUp = isUp;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it; answers once it says that it is up. */
  async start(): Promise<void> {
    const child = this.#start();
    this.#child = child;
    child.once("exit", () => {
      if (!this.#isEnding) void this.start();
    });
    if (child.stdout === null) throw new Error("no output");
    for await (const line of createInterface({ input: child.stdout })) {
      if (this.#isUp(line)) break;
    }
    child.stdout.resume();
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

export interface Servers {
  readonly urls: readonly string[];
  readonly web: readonly Kept[];
  readonly grader: Kept;
  readonly stop: () => Promise<void>;
}

/** Two web processes without graders and one grader, on the embedded PostgreSQL in `dataDir`. */
export async function startServers(dataDir: string): Promise<Servers> {
  const env = { ...process.env, KERNELBOOK_DATA: dataDir, KERNELBOOK_SECRET: TEST_SECRET };
  const ports = [await freePort(), await freePort()];
  const web = ports.map((port) => webProcess(port, env));
  // The first one makes the database.
  for (const one of web) await one.start();
  const grader = node(["server/grader.ts"], { ...env, KERNELBOOK_GRADERS: "2" });
  const kept = new Kept(grader, (line) => line.startsWith("Kernelbook grades"));
  await kept.start();
  return {
    urls: ports.map((port) => `http://localhost:${port}`),
    web,
    grader: kept,
    stop: async () => {
      await kept.stop();
      // The last one stops PostgreSQL.
      for (const one of web.toReversed()) await one.stop();
    },
  };
}

function webProcess(port: number, env: NodeJS.ProcessEnv): Kept {
  const start = node(["server/main.ts"], {
    ...env,
    NODE_ENV: "production",
    KERNELBOOK_DIST: ".next-test",
    KERNELBOOK_DEMO: "1",
    KERNELBOOK_GRADERS: "0",
    PORT: String(port),
  });
  return new Kept(start, (line) => line.startsWith("Kernelbook is ready at "));
}

function node(args: readonly string[], env: NodeJS.ProcessEnv): () => ChildProcess {
  const quiet = { KERNELBOOK_LOG: "error", ...env };
  return () =>
    spawn(join(ROOT, "scripts/node24"), [...args], {
      cwd: ROOT,
      env: quiet,
      stdio: ["ignore", "pipe", "inherit"],
    });
}

/** A sandbox in which this grader tries submissions. */
export function sandboxOf({ pid }: Kept, script: "player.js" | "judge.js"): number | undefined {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .map(Number)
    .find((child) => child > 0 && read(`/proc/${child}/cmdline`).includes(`grading/${script}`));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
