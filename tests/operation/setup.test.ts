import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
let checkout = "";

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "kernelbook-checkout-"));
  for (const part of ["package.json", "package-lock.json", "scripts"]) {
    cpSync(join(root, part), join(checkout, part), { recursive: true });
  }
  chmodSync(checkout, 0o755);
});

afterEach(() => {
  rmSync(checkout, { recursive: true, force: true });
});

/** Answers at once that nobody is there. */
const OFFLINE = { npm_config_registry: "http://127.0.0.1:9", npm_config_fetch_retries: "0" };

test("without a network it says so, and what to do", () => {
  const { status, output } = setUp(["--test"], { ...OFFLINE, npm_config_cache: newCache() });
  expect(output).toContain("npm's registry cannot be reached");
  expect(output).toContain("Connect to the network");
  expect(status).toBe(1);
});

test("packages of an install that was killed half-way are installed again", () => {
  mkdirSync(join(checkout, "node_modules/next"), { recursive: true });
  writeFileSync(join(checkout, "node_modules/next/package.json"), "{}");
  const { output } = setUp(["--test"], { ...OFFLINE, npm_config_cache: newCache() });
  expect(output).toContain("Installing packages");
  expect(output).toContain("The packages are not complete");
});

test("a taken port is told before anything is installed", async () => {
  const other = createServer();
  other.listen(0);
  await once(other, "listening");
  const address = other.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const { status, output } = setUp([], { PORT: String(port) });
  other.close();
  expect(output).toContain(`Port ${port} is taken by another program.`);
  expect(output).toContain(`PORT=${port + 1} npm start`);
  expect(output).not.toContain("Installing");
  expect(status).toBe(1);
});

test("an old Node is told which one is needed", () => {
  const fake = `Object.defineProperty(process, "versions", { value: { node: "18.20.4" } })`;
  const { status, output } = setUp([], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fake)}`,
  });
  expect(output).toContain("Node 18.20.4 is too old");
  expect(output).toContain("Node 20 or newer");
  expect(status).toBe(1);
});

test("a checkout that may not be written is told as such", () => {
  chmodSync(checkout, 0o555);
  const { status, output } = setUp(["--test"], {}, 65_534);
  expect(output).toContain("may not be written by the user you are");
  expect(status).toBe(1);
});

test("a full disk is told as such", (context) => {
  const disk = join(checkout, "disk");
  mkdirSync(disk);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", disk]).status !== 0) {
    context.skip("a small disk can be made only by a root who may mount");
  }
  try {
    for (const part of ["package.json", "package-lock.json", "scripts"]) {
      cpSync(join(root, part), join(disk, part), { recursive: true });
    }
    const { status, output } = setUp(["--test"], {}, undefined, disk);
    expect(output).toMatch(/The disk that holds .* has 0\.0 GB left/);
    expect(status).toBe(1);
  } finally {
    spawnSync("umount", [disk]);
  }
});

function newCache(): string {
  return join(checkout, ".cache");
}

/** Runs the set-up on the machine's own Node, as `npm start` does; as `uid` when we are root. */
function setUp(args: string[], env: Record<string, string>, uid?: number, cwd = checkout) {
  const run = spawnSync("node", ["scripts/setup.mjs", ...args], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, HOME: checkout, npm_execpath: undefined, ...env },
    ...(uid !== undefined && process.getuid?.() === 0 ? { uid } : {}),
  });
  return { status: run.status, output: run.stdout + run.stderr };
}
