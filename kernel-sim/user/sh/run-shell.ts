import { boot } from "../../index.ts";

/** What a text does that `sh -c` runs, with standard error in standard output, in /tmp; for tests. */
export function runShell(text: string): { readonly output: string; readonly status: number } {
  const machine = boot();
  const process = machine.spawn("/bin/sh", {
    argv: ["sh", "-c", `exec 2>&1; cd /tmp\n${text}`],
  });
  machine.runUntilIdle();
  const { exited, signaled, output } = process;
  return { output, status: exited ?? 128 + (signaled ?? 0) };
}
