import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Problem, problemOfSystem } from "./problem.mjs";
import { run } from "./run.mjs";

const INSTALL_BYTES_MIN = 2.5e9;

const OFFLINE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

/**
 * Installs exactly what package-lock.json names. No package's own install script runs.
 *
 * @param {string} root
 */
export async function installPackages(root) {
  refuseFullDisk(root);
  const isOffline = !(await registryAnswers(root));
  const wanted = await npm(root, [
    "ci",
    ...common(root),
    isOffline ? "--offline" : "--prefer-offline",
  ]);
  if (wanted.ok) return;
  if (/EUSAGE/.test(wanted.output) && !isOffline) {
    // Some registries lack platform builds that the lock names; this leaves the lock as it is.
    const loose = await npm(root, ["install", "--no-save", ...common(root)]);
    if (loose.ok) return;
    throw problemOfInstall(root, loose.output, isOffline);
  }
  throw problemOfInstall(root, wanted.output, isOffline);
}

/**
 * Whether node_modules holds what package-lock.json names: npm writes its own list last, also after
 * an `npm install` by hand. What is optional may be missing, since it may be for another machine.
 *
 * @param {string} root
 */
export function packagesAreInstalled(root) {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const present = lockedPackages(join(root, "node_modules/.package-lock.json"));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || present[path]?.version === version || (optional && !present[path]),
  );
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return {};
  }
}

/** @param {string} root */
function common(root) {
  return [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--include=dev",
    "--include=optional",
    "--loglevel=error",
    "--fetch-retries=2",
    ...(cacheIsWritable() ? [] : ["--cache", join(root, ".data/npm")]),
  ];
}

/** Any answer will do: a registry without this address is one all the same. @param {string} root */
async function registryAnswers(root) {
  const ping = await npm(root, ["ping", "--fetch-retries=0", "--fetch-timeout=10000"]);
  return ping.ok || !OFFLINE.test(ping.output);
}

function cacheIsWritable() {
  let folder = process.env.npm_config_cache ?? join(homedir(), ".npm");
  for (;;) {
    try {
      accessSync(folder, constants.W_OK);
      return true;
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing || folder === dirname(folder)) return false;
      folder = dirname(folder);
    }
  }
}

/** @param {string} root */
function refuseFullDisk(root) {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (free >= INSTALL_BYTES_MIN) return;
  throw new Problem(
    `The disk that holds ${root} has ${(free / 1e9).toFixed(1)} GB left, and the packages need ${INSTALL_BYTES_MIN / 1e9} GB.`,
    "Free some space, or clone Kernelbook to a larger disk, and run the same command again.",
  );
}

/**
 * @param {string} root
 * @param {string} output
 * @param {boolean} isOffline
 */
function problemOfInstall(root, output, isOffline) {
  if (isOffline || OFFLINE.test(output)) {
    return new Problem(
      "The packages are not complete, and npm's registry cannot be reached.",
      "Connect to the network (behind a proxy: npm config set proxy http://HOST:PORT) and run the same command again. Once installed, Kernelbook needs no network.",
    );
  }
  const lines = output.trim().split("\n").slice(-12).join("\n");
  return (
    problemOfSystem(output, root) ??
    new Problem(
      `npm could not install the packages:\n${lines}`,
      "Mend what npm names, then run the same command again.",
    )
  );
}

/**
 * The npm that runs us, or the first one in the path.
 *
 * @param {string} root
 * @param {string[]} args
 */
function npm(root, args) {
  const own = process.env.npm_execpath;
  return own?.endsWith(".js")
    ? run(process.execPath, [own, ...args], { cwd: root })
    : run("npm", args, { cwd: root });
}
