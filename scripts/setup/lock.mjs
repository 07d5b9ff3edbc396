import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf } from "./stamp.mjs";

/**
 * Keeps a second set-up of the same checkout waiting until the first has ended.
 *
 * @param {string} root
 * @param {() => void} onWait called once when there is one to wait for
 * @returns {Promise<void>}
 */
export async function takeSetupLock(root, onWait) {
  const file = join(root, ".data/setup.lock");
  mkdirSync(join(root, ".data"), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    if (!waited) onWait();
    await delay(200);
  }
  process.once("exit", () => rmSync(file, { force: true }));
}

/**
 * @param {string} file
 * @returns {boolean}
 */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if (isSetup(Number(readFileSync(file, "utf8")))) return false;
    // Left behind by a killed one.
    rmSync(file, { force: true });
    return take(file);
  }
}

/** False for a process that is gone, and for another program that has its number by now. @param {number} pid */
function isSetup(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("setup.mjs");
  } catch {
    return true;
  }
}
