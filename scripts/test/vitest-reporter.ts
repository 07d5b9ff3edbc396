import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type { Outcome } from "./outcome.ts";

/** Writes what Vitest found, skips and errors outside of tests included, for `npm test` to count. */
export default class OutcomeReporter implements Reporter {
  private passed = 0;
  private readonly failed: string[] = [];
  private readonly skipped: string[] = [];

  onTestCaseResult(testCase: TestCase): void {
    const name = `${testCase.module.relativeModuleId} > ${testCase.fullName}`;
    const result = testCase.result();
    if (result.state === "passed") this.passed++;
    else if (result.state === "failed") this.failed.push(name);
    else if (result.state === "skipped")
      this.skipped.push(`${name}: ${result.note ?? "no reason"}`);
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) {
      this.failed.push(`${module.relativeModuleId}: ${error.message}`);
    }
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    for (const { message } of errors) this.failed.push(`outside of any test: ${message}`);
    const file = process.env["KERNELBOOK_OUTCOME"];
    if (file === undefined) throw new Error("KERNELBOOK_OUTCOME names the file to write");
    const { passed, failed, skipped } = this;
    writeFileSync(file, JSON.stringify({ passed, failed, skipped } satisfies Outcome));
  }
}
