import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../site.ts";

export const name = "setup";

/** A clean clone of what is committed: `npm start` until it says that it is ready, twice. */
export async function bench(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-bench-"));
  const clone = join(folder, "kernelbook");
  // Started by root, PostgreSQL runs as a user who must be able to get there.
  chmodSync(folder, 0o755);
  try {
    const cloned = spawnSync("git", ["clone", "-q", join(import.meta.dirname, "../.."), clone]);
    if (cloned.status !== 0) throw new Error("git clone failed");
    const data = join(folder, "data");
    return {
      setup_first_start_s: await startUntilReady(clone, data),
      setup_second_start_s: await startUntilReady(clone, data),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startUntilReady(clone: string, data: string): Promise<number> {
  const began = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: clone,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: String(await freePort()),
      KERNELBOOK_DATA: data,
      DATABASE_URL: "",
      KERNELBOOK_DIST: ".next",
    },
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (!line.startsWith("Kernelbook is ready")) continue;
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    child.kill("SIGTERM");
    await once(child, "exit");
    return seconds;
  }
  throw new Error("npm start ended before the site was ready");
}
