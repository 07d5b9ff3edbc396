import { chromium } from "playwright";
import { chromiumOptions } from "../chromium.ts";
import type { SandboxWindow } from "../sandbox/page.ts";
import { serveSandboxPage } from "../sandbox/page-server.ts";

export const name = "cell";

/** `1+1` from the page and back, compiled anew each time. */
export async function bench(): Promise<Record<string, number>> {
  const page = await serveSandboxPage();
  const browser = await chromium.launch(chromiumOptions());
  try {
    const tab = await browser.newPage();
    await tab.goto(page.url);
    await tab.waitForSelector("html[data-ready]");
    const times = await tab.evaluate(async () => {
      const sandbox = (window as unknown as SandboxWindow).openSandbox();
      await sandbox.ready;
      const found: number[] = [];
      for (let round = 0; round < 200; round++) {
        const began = performance.now();
        await sandbox.run({ id: "sum", source: `1+${round}` }, () => undefined);
        found.push(performance.now() - began);
      }
      sandbox.close();
      return found.sort((a, b) => a - b);
    });
    return {
      cell_one_plus_one_ms_median: rounded(times[times.length >> 1]),
      cell_one_plus_one_ms_p95: rounded(times[Math.floor(times.length * 0.95)]),
    };
  } finally {
    await browser.close();
    await page.close();
  }
}

function rounded(ms: number | undefined): number {
  return Math.round((ms ?? Number.NaN) * 100) / 100;
}
