import { expect, test } from "vitest";
import { boot } from "../index.ts";

test("the kernel's log begins with what it has found, and costs neither time nor events", () => {
  const machine = boot({ seed: 1, cpus: 2, disk: "hdd" });
  const process = machine.spawn("/bin/dmesg");
  machine.runUntilIdle();
  const lines = process.output.trimEnd().split("\n");
  expect(lines.every((line) => line.startsWith("[    0.000000] "))).toBe(true);
  expect(lines.map((line) => line.slice(15))).toEqual([
    expect.stringMatching(/^Linux version 6\.18\S* \(.+\) #1 SMP/),
    "Command line: root=rootfs quiet",
    "Kernel command line: root=rootfs quiet",
    "smp: Bringing up secondary CPUs ...",
    "smp: Brought up 1 node, 2 CPUs",
    expect.stringMatching(/^Memory: \d+K\/\d+K available$/),
    "[sda] 16384 512-byte logical blocks: (8.39 MB/8.00 MiB)",
    "Run /sbin/init as init process",
  ]);
  expect(machine.trace.events().filter(({ name }) => name === "printk:console")).toEqual([]);
});
