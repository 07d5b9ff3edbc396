import { chromium } from "playwright";
import { boot, bpf } from "#kernel-sim";
import { chromiumOptions } from "../chromium.ts";
import type { SandboxWindow } from "../sandbox/page.ts";
import { serveSandboxPage } from "../sandbox/page-server.ts";

export const name = "boot";

const ROUNDS = 25;

/** From `boot()` to the end of a first program on the machine, in Node and in a booted Worker. */
export async function bench(): Promise<Record<string, number>> {
  return {
    boot_ms_node_median: rounded(Array.from({ length: ROUNDS }, inNode)),
    boot_ms_worker_median: rounded(await inWorker()),
  };
}

function inNode(_: unknown, round: number): number {
  const began = performance.now();
  const program = bpf.asm`r0 = ${round}; exit`;
  const loaded = boot({ seed: round }).bpf.mustLoad({ type: "socket_filter", program });
  loaded.run({ dataIn: new Uint8Array(64) });
  return performance.now() - began;
}

/** Timed from the page: a cell has no clock. */
async function inWorker(): Promise<number[]> {
  const page = await serveSandboxPage();
  const browser = await chromium.launch(chromiumOptions());
  try {
    const tab = await browser.newPage();
    await tab.goto(page.url);
    await tab.waitForSelector("html[data-ready]");
    return await tab.evaluate(async (rounds) => {
      const sandbox = (window as unknown as SandboxWindow).openSandbox();
      await sandbox.ready;
      const found: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const source = `
          boot({ seed: ${round} }).bpf
            .mustLoad({ type: "socket_filter", program: bpf.asm\`r0 = ${round}; exit\` })
            .run({ dataIn: new Uint8Array(64) }).retval`;
        const began = performance.now();
        await sandbox.run({ id: "boot", source }, () => undefined);
        found.push(performance.now() - began);
      }
      sandbox.close();
      return found;
    }, ROUNDS);
  } finally {
    await browser.close();
    await page.close();
  }
}

function rounded(times: readonly number[]): number {
  const median = [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  return Math.round(median * 100) / 100;
}
