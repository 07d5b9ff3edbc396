import { writeFileSync } from "node:fs";
import type { Reporter, Suite, TestError } from "playwright/types/testReporter";
import type { Outcome } from "./outcome.ts";

/** Writes what Playwright found, for `npm test` to count. */
export default class OutcomeReporter implements Reporter {
  private suite: Suite | undefined;
  private readonly errors: string[] = [];

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onError({ message = "an error" }: TestError): void {
    this.errors.push(message);
  }

  onEnd(): void {
    const file = process.env["KERNELBOOK_OUTCOME"];
    if (file === undefined) throw new Error("KERNELBOOK_OUTCOME names the file to write");
    const tests = this.suite?.allTests() ?? [];
    const named = tests.map((test) => ({
      name: test.titlePath().filter(Boolean).join(" > "),
      outcome: test.outcome(),
      reason: test.annotations.find(({ type }) => type === "skip" || type === "fixme")?.description,
    }));
    const outcome: Outcome = {
      passed: named.filter((test) => test.outcome === "expected").length,
      failed: [
        ...named
          .filter((test) => ["unexpected", "flaky"].includes(test.outcome))
          .map((t) => t.name),
        ...this.errors,
      ],
      skipped: named
        .filter((test) => test.outcome === "skipped")
        .map(({ name, reason }) => `${name}: ${reason ?? "no reason"}`),
    };
    writeFileSync(file, JSON.stringify(outcome));
  }
}
