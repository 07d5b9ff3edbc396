import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Problem } from "./problem.mjs";

/**
 * Refuses to replace files under a site that runs from this checkout.
 *
 * @param {string} root
 * @param {string} what what would be replaced
 * @param {{ isDevHarmed: boolean }} options a development server builds its pages elsewhere
 */
export function refuseWhileSiteRuns(root, what, { isDevHarmed }) {
  const pid = runningSite(root, isDevHarmed);
  if (pid === undefined) return;
  throw new Problem(
    `${what} changed, but a site runs from this checkout (process ${pid}) and would lose its files.`,
    `Stop it (kill ${pid}), then run the same command again.`,
  );
}

/**
 * @param {string} root
 * @param {boolean} isDevHarmed
 */
function runningSite(root, isDevHarmed) {
  for (const pid of processes()) {
    try {
      const isOurs = readlinkSync(`/proc/${pid}/exe`).startsWith(join(root, "node_modules/"));
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const isHarmed = isDevHarmed || !command.includes("--dev");
      if (isOurs && isHarmed && command.includes("server/main.ts")) return pid;
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}

function processes() {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Tells at once, before a minute of building, that the site could not listen. */
export function refuseTakenPort() {
  const port = Number(process.env.PORT?.trim() || 3000);
  return new Promise((free, refused) => {
    const probe = createServer();
    probe.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") {
        const problem = new Problem(
          `Port ${port} is taken by another program.`,
          `Choose another one: PORT=${port + 1} npm start`,
        );
        refused(problem);
      } else {
        // Whatever else is wrong with it, the server itself explains.
        free(undefined);
      }
    });
    probe.listen({ port, ...(process.env.HOST ? { host: process.env.HOST } : {}) }, () => {
      probe.close(() => free(undefined));
    });
  });
}
