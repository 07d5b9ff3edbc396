import { expect, test } from "vitest";
import { boot } from "../index.ts";

test("ps shows kthreadd and its children as on every Linux", () => {
  const machine = boot({ seed: 1, kernelThreads: true });
  const shell = machine.spawn("/bin/sh", {
    argv: ["sh", "-c", "ps -e -o pid,ppid,stat,args | head -5; kill -9 2; kill -9 6; echo $?"],
  });
  machine.runUntilIdle();
  expect(shell.output).toBe(`    PID    PPID STAT COMMAND
      1       0 Ss   /sbin/init
      2       0 S    [kthreadd]
      3       2 S    [pool_workqueue_]
      4       2 I<   [kworker/R-rcu_g]
0
`);
  const rows = machine.processes();
  expect(rows.filter(({ ppid }) => ppid === 2).length).toBeGreaterThan(20);
  expect(rows.find(({ comm }) => comm === "ksoftirqd/1")).toMatchObject({ state: "S", pgrp: 0 });
  expect(machine.readFile("/proc/2/status")).toMatch(/^Kthread:\t1$/m);
  expect(machine.readFile("/proc/2/maps")).toBe("");
  expect(machine.readFile("/proc/2/cmdline")).toBe("");
});

test("without being asked for, the first program is still number 2", () => {
  const machine = boot({ seed: 1 });
  expect(machine.spawn("/bin/true").pid).toBe(2);
});
