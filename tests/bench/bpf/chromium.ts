import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright";
import { chromiumOptions } from "../../chromium.ts";
import type { BenchProgram } from "./bench-program.ts";
import type { EngineName, TimedRuns } from "./engines.ts";

/** The compiled programs in Chromium. */
export interface ChromiumEngine {
  /** The best of several rounds, in ns a run. */
  bestNs(program: BenchProgram, options: RoundOptions): Promise<number>;
  close(): Promise<void>;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly roundMs: number;
}

interface BenchWindow {
  readonly prepareBpf: (program: BenchProgram, engine: EngineName) => TimedRuns;
}

export async function openChromium(): Promise<ChromiumEngine> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "chromium-page.ts")],
    ...{ bundle: true, write: false, minify: true, format: "iife" },
  });
  const browser = await chromium.launch(chromiumOptions());
  const tab = await browser.newPage();
  await tab.addScriptTag({ content: outputFiles[0]?.text ?? "" });
  return {
    bestNs: (program, options) =>
      tab.evaluate(
        async ({ program: one, rounds, roundMs }) => {
          const run = (globalThis as unknown as BenchWindow).prepareBpf(one, "jit");
          let repeat = 1;
          let best = Number.POSITIVE_INFINITY;
          for (let round = 0; round < rounds; ) {
            const ns = run(repeat);
            if (ns < roundMs * 1e6 && repeat < 2 ** 30) {
              repeat *= 2;
              continue;
            }
            best = Math.min(best, ns / repeat);
            round++;
            // Better code comes from another thread.
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          return best;
        },
        { program, ...options },
      ),
    close: () => browser.close(),
  };
}
