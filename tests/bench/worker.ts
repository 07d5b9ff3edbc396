import { gzipSync } from "node:zlib";
import { chromium } from "playwright";
import { chromiumOptions } from "../chromium.ts";
import type { SandboxWindow } from "../sandbox/page.ts";
import { serveSandboxPage } from "../sandbox/page-server.ts";

export const name = "worker";

/** From nothing to a Worker that is ready for a cell, and from an interrupt to the next cell's end. */
export async function bench(): Promise<Record<string, number>> {
  const page = await serveSandboxPage();
  const browser = await chromium.launch(chromiumOptions());
  try {
    const tab = await browser.newPage();
    await tab.goto(page.url);
    await tab.waitForSelector("html[data-ready]");
    const { opened, spare } = await tab.evaluate(async () => {
      const { openSandbox } = window as unknown as SandboxWindow;
      const opened: number[] = [];
      const spare: number[] = [];
      const rounds = 11;
      for (let round = 0; round < rounds; round++) {
        const began = performance.now();
        const sandbox = openSandbox();
        await sandbox.ready;
        opened.push(performance.now() - began);
        // Answered by the spare Worker: nothing of this round boots during the next one.
        await sandbox.analyse([]);
        sandbox.close();
      }
      for (let round = 0; round < rounds; round++) {
        const sandbox = openSandbox();
        await sandbox.ready;
        await sandbox.analyse([]);
        const started = new Promise<void>((resolve) => {
          const source = "console.log('x'.repeat(9000)); for (;;) {}";
          void sandbox.run({ id: "endless", source }, () => resolve());
        });
        await started;
        const stopped = performance.now();
        sandbox.interrupt();
        await sandbox.run({ id: "next", source: "1" }, () => undefined);
        spare.push(performance.now() - stopped);
        sandbox.close();
      }
      const sorted = (times: number[]) => times.sort((a, b) => a - b);
      return { opened: sorted(opened), spare: sorted(spare) };
    });
    return {
      worker_ready_ms_median: Math.round(opened[opened.length >> 1] ?? Number.NaN),
      worker_ready_from_spare_ms_median: Math.round(spare[spare.length >> 1] ?? Number.NaN),
      worker_script_gz_kb: Math.round(gzipSync(page.workerScript).length / 1024),
    };
  } finally {
    await browser.close();
    await page.close();
  }
}
