import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LaunchOptions } from "playwright";

const root = join(import.meta.dirname, "..");

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];

/**
 * How to launch a Chromium with all its walls up: an installed one (or the one that CHROMIUM names),
 * else the one that came with npm. Its own arguments are never used: they switch web security and
 * site isolation off, and every test of our sandbox would pass in vain.
 */
export function chromiumOptions(): LaunchOptions {
  // Chromium's own sandbox refuses root.
  const chromiumSandbox = process.getuid?.() !== 0 && mayUseUserNamespaces();
  const installed = process.env["CHROMIUM"] ?? INSTALLED.find((path) => existsSync(path));
  if (installed !== undefined) return { executablePath: installed, chromiumSandbox };
  const folder = unpacked();
  return {
    executablePath: join(folder, "chromium"),
    chromiumSandbox,
    env: {
      ...definedEnvironment(),
      LD_LIBRARY_PATH: join(folder, "al2023/lib"),
      FONTCONFIG_PATH: join(folder, "fonts"),
    },
  };
}

/** The unpacked Chromium, of this version and complete: it is renamed into place. */
function unpacked(): string {
  const file = join(root, "node_modules/@sparticuz/chromium/package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8"));
  const folder = join(root, "node_modules/.kernelbook", `chromium-${version}-own-fonts`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  const unpack = spawnSync(process.execPath, [join(root, "scripts/unpack-chromium.ts"), draft], {
    encoding: "utf8",
  });
  if (unpack.status !== 0) throw new Error(`Chromium could not be unpacked: ${unpack.stderr}`);
  // Another process may have been faster; then its folder is as good.
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  return folder;
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** A container may forbid what Chromium's sandbox is built on. */
function mayUseUserNamespaces(): boolean {
  return spawnSync("unshare", ["--user", "true"]).status === 0;
}
