import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sandboxCommand } from "../../server/grading/sandbox/command.ts";
import { chromiumOptions } from "../chromium.ts";
import type { SandboxWindow } from "../sandbox/page.ts";
import { type SandboxPage, serveSandboxPage } from "../sandbox/page-server.ts";
import { TRACE_CELL } from "../sandbox/trace-cell.ts";

const MEMORY_MIB = 256;

let folder: string;
let script: string;
let page: SandboxPage;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kernelbook-trace-"));
  script = join(folder, "trace.mjs");
  const cell = TRACE_CELL.trim().split("\n");
  const value = cell.pop();
  const { outputFiles } = await build({
    stdin: {
      contents: `import { boot } from "#kernel-sim";\n${cell.join("\n")}\nconsole.log(${value});`,
      resolveDir: join(import.meta.dirname, "../.."),
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
  });
  writeFileSync(script, outputFiles[0]?.text ?? "");
  page = await serveSandboxPage();
  browser = await chromium.launch(chromiumOptions());
});

afterAll(async () => {
  await browser?.close();
  await page?.close();
  rmSync(folder, { recursive: true, force: true });
});

function printed(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return stdout.trim() === "" ? stderr : stdout.trim();
}

async function inBrowser(browser: Browser): Promise<unknown> {
  const tab = await browser.newPage();
  await tab.goto(page.url);
  await tab.waitForSelector("html[data-ready]");
  return tab.evaluate(async (source) => {
    const sandbox = (window as unknown as SandboxWindow).openSandbox();
    const found: unknown[] = [];
    await sandbox.run({ id: "cell", source }, (output) => found.push(output));
    sandbox.close();
    return found;
  }, TRACE_CELL);
}

test("the same programs and seeds leave the same trace in Node, in Deno and in Chromium", async () => {
  const inNode = printed(process.execPath, [script]);
  expect(inNode).toMatch(/^(\d{2,}:\d+:[\da-f]+ ?){5}$/);
  const deno = sandboxCommand(script, MEMORY_MIB);
  expect(printed(deno.program, deno.args)).toBe(inNode);
  const output = { kind: "result", bundle: { "text/plain": `"${inNode}"` } };
  expect(await inBrowser(browser)).toEqual([output]);
});

test("and in Firefox, where it is installed", async (context) => {
  const firefox = installedFirefox();
  if (firefox === undefined) return context.skip("no Firefox is installed");
  const profile = join(folder, "profile");
  mkdirSync(profile);
  const address = `${page.url}?run#${encodeURIComponent(TRACE_CELL)}`;
  const args = ["--headless", "--no-remote", "--profile", profile, address];
  const running = spawn(firefox, args, { stdio: "ignore", env: { ...process.env, HOME: folder } });
  try {
    const asked = await vi.waitUntil(
      () => page.requests.find((path) => path.startsWith("/found?")),
      {
        timeout: 120_000,
        interval: 100,
      },
    );
    const bundle = { "text/plain": `"${printed(process.execPath, [script])}"` };
    const found: unknown = JSON.parse(decodeURIComponent(asked.slice("/found?".length)));
    expect(found).toEqual([{ kind: "result", bundle }]);
  } finally {
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill();
    await ended;
  }
}, 150_000);

function installedFirefox(): string | undefined {
  return [process.env["FIREFOX"], "/usr/bin/firefox", "/usr/bin/firefox-esr"].find(
    (path) => path !== undefined && existsSync(path),
  );
}
