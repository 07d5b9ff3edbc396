import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freshDatabase } from "./database.ts";

const root = join(import.meta.dirname, "..");

/** What the sites of tests sign sessions with. */
export const TEST_SECRET = "a-secret-that-only-tests-ever-use";

/** A site of its own: the real server on a free port, with a database of its own. */
export interface Site {
  readonly url: string;
  readonly databaseUrl: string;
  readonly process: ChildProcess;
  /** What it has logged so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts the built site; `env` adds to or replaces what it is started with. */
export async function startSite(env: Record<string, string> = {}): Promise<Site> {
  if (!existsSync(join(root, ".next-test/BUILD_ID"))) {
    throw new Error("the site is not built for tests: run `node scripts/setup.mjs --test` first");
  }
  const database = await freshDatabase();
  const port = await freePort();
  const child = spawn(join(root, "scripts/node24"), ["server/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      KERNELBOOK_DIST: ".next-test",
      KERNELBOOK_DEMO: "1",
      KERNELBOOK_SECRET: TEST_SECRET,
      PORT: String(port),
      DATABASE_URL: database.url,
      ...env,
    },
  });
  let log = "";
  child.stderr.on("data", (piece: Buffer) => {
    log += piece.toString();
  });
  const lines = createInterface({ input: child.stdout });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await database.close();
  };
  const ready = await Promise.race([
    new Promise<boolean>((answer) => {
      lines.on("line", (line) => {
        log += `${line}\n`;
        if (line.startsWith("Kernelbook is ready at ")) answer(true);
      });
    }),
    once(child, "exit").then(() => false),
  ]);
  if (!ready) {
    await database.close();
    throw new Error(`the site did not start:\n${log}`);
  }
  return {
    url: `http://localhost:${port}`,
    databaseUrl: database.url,
    process: child,
    log: () => log,
    stop,
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0);
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
