import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Remembers with which inputs a step was finished. The stamp is written last and lies inside
 * node_modules, so that an interrupted step, or a fresh node_modules, begins again.
 */
export class Stamp {
  /**
   * @param {string} root
   * @param {string} name
   * @param {string} value the state of the inputs, from `stateOf`
   */
  constructor(root, name, value) {
    this.file = join(root, "node_modules/.kernelbook", `${name}.stamp`);
    this.value = value;
  }

  get isCurrent() {
    try {
      return readFileSync(this.file, "utf8") === this.value;
    } catch {
      return false;
    }
  }

  clear() {
    rmSync(this.file, { force: true });
  }

  write() {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, this.value);
  }
}

/**
 * One hash over the contents of files and folders; what is missing counts as such.
 *
 * @param {string} root
 * @param {readonly string[]} inputs paths from the root
 */
export function stateOf(root, inputs) {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const input of inputs) addTo(hash, root, input);
  return hash.digest("hex");
}

/** No input of the site: tests, and what the steps themselves make. */
const SKIPPED = /(^|\/)(generated|node_modules)$|\.test\.tsx?$/;

/**
 * @param {import("node:crypto").Hash} hash
 * @param {string} root
 * @param {string} path
 */
function addTo(hash, root, path) {
  if (SKIPPED.test(path)) return;
  try {
    const content = readFileSync(join(root, path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  } catch (error) {
    if (codeOf(error) === "EISDIR") {
      for (const name of readdirSync(join(root, path)).sort()) addTo(hash, root, `${path}/${name}`);
    } else if (codeOf(error) === "ENOENT") {
      hash.update(`\0${path}\0missing\0`);
    } else {
      throw error;
    }
  }
}

/** @param {unknown} error */
export function codeOf(error) {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
