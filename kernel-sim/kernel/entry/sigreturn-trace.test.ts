import { expect, test } from "vitest";
import { boot } from "../../index.ts";

// Asked of Linux 6.18 by tracefs: `sys_enter: NR 15`, then `sys_exit: NR -1 = 0`.
test("rt_sigreturn ends in the trace as number -1, with the answer of what was interrupted", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn(function* raiser(sys) {
    yield* sys.sigaction(10, function* () {});
    yield* sys.kill(yield* sys.getpid(), 10);
    yield* sys.getppid();
  });
  machine.runUntilIdle();
  const calls = machine.trace
    .events()
    .filter(({ name, pid }) => name.startsWith("raw_syscalls:") && pid === process.pid)
    .map(({ name, fields }) => [name.slice(17), fields["id"], fields["ret"]]);
  const at = calls.findIndex(([, id]) => id === 15);
  expect(calls.slice(at - 1, at + 3)).toEqual([
    ["exit", 62, 0],
    ["enter", 15, undefined],
    ["exit", -1, 0],
    ["enter", 110, undefined],
  ]);
});
