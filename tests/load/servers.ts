/** The processes of a department's site, as its operator runs them: web, grader and PostgreSQL. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runningPid, stopCluster } from "../../server/db/embedded/cluster.ts";
import { clusterPlace } from "../../server/db/embedded/place.ts";
import { freePort, TEST_SECRET } from "../site.ts";
import { within } from "./progress.ts";

const ROOT = join(import.meta.dirname, "../..");

const START_MS_MAX = 90_000;
/** A process that is told to end gets so long; a web process gives its requests 3 s. */
const STOP_MS_MAX = 15_000;

/** A process that is started again when it dies, as a service manager does. */
export class Kept {
  readonly #name: string;
  readonly #start: () => ChildProcess;
  readonly #isUp: (line: string) => boolean;
  #child: ChildProcess | undefined;
  #isEnding = false;

  constructor(name: string, start: () => ChildProcess, isUp: (line: string) => boolean) {
    this.#name = name;
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
    const ended = once(child, "exit");
    await within(
      START_MS_MAX,
      `the start of ${this.#name}`,
      Promise.race([this.#up(child), ended]),
    );
    if (hasEnded(child)) throw new Error(`${this.#name} has ended as it started`);
    void ended.then(() => {
      if (!this.#isEnding) void this.#startAgain();
    });
  }

  async #up({ stdout }: ChildProcess): Promise<void> {
    if (stdout === null) throw new Error("no output");
    for await (const line of createInterface({ input: stdout })) {
      if (this.#isUp(line)) break;
    }
    stdout.resume();
  }

  /** As a service manager does, until it is up, or nobody wants it any more. */
  async #startAgain(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      console.error(String(error));
      this.kill();
      if (!this.#isEnding) await this.#startAgain();
    }
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await within(STOP_MS_MAX, `the end of ${this.#name}`, ended).catch((error: unknown) => {
      console.error(`${error}: kill -9`);
      child.kill("SIGKILL");
    });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
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
  const grader = new Kept(
    "the grader",
    node(["server/grader.ts"], { ...env, KERNELBOOK_GRADERS: "2" }),
    (line) => line.startsWith("Kernelbook grades"),
  );
  const stop = async () => {
    await grader.stop();
    // The first web process that ends stops PostgreSQL, and the other one would start it again.
    await Promise.all(web.map((one) => one.stop()));
    if (runningPid(clusterPlace("site")) !== undefined) await stopCluster("site");
  };
  try {
    // The first one makes the database.
    for (const one of web) await one.start();
    await grader.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: ports.map((port) => `http://localhost:${port}`), web, grader, stop };
}

function webProcess(port: number, env: NodeJS.ProcessEnv): Kept {
  const start = node(["server/main.ts"], {
    ...env,
    NODE_ENV: "production",
    KERNELBOOK_DIST: ".next-test",
    KERNELBOOK_DEMO: "1",
    KERNELBOOK_GRADERS: "0",
    // The load comes as through a balancer: it asks the other one where nobody listens.
    KERNELBOOK_PROXY: "1",
    PORT: String(port),
  });
  return new Kept(`the web process on port ${port}`, start, (line) =>
    line.startsWith("Kernelbook is ready at "),
  );
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

/** A sandbox in which this grader tries submissions: "player.js" is the end of both players' names. */
export function sandboxOf({ pid }: Kept, script: "player.js" | "judge.js"): number | undefined {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .map(Number)
    .find((child) => child > 0 && read(`/proc/${child}/cmdline`).includes(script));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
