import { expect, test } from "vitest";
import { boot } from "../../index.ts";

test("the interrupts of a disk are sent where smp_affinity says, and each is counted there", () => {
  const machine = boot({ seed: 1, cpus: 2, disk: "hdd" });
  const script = [
    "cat /proc/irq/27/smp_affinity /proc/irq/27/smp_affinity_list /proc/irq/27/effective_affinity",
    "echo 2 > /proc/irq/27/smp_affinity",
    "cat /proc/irq/27/smp_affinity_list",
    "for i in 1 2 3 4; do echo text > /mnt/file; sync; done",
    "cat /proc/irq/27/effective_affinity",
    "echo 0 > /proc/irq/27/smp_affinity || echo refused",
    "ls /proc/irq/27",
    "grep 27: /proc/interrupts",
    "grep BLOCK /proc/softirqs",
  ];
  const shell = machine.spawn("/bin/sh", { argv: ["sh", "-c", script.join("\n")] });
  machine.runUntilIdle();
  const lines = shell.output.split("\n");
  expect(lines.slice(0, 5)).toEqual(["3", "0-1", "1", "1", "2"]);
  expect(shell.output).toContain("refused");
  expect(shell.output).toMatch(/smp_affinity_list\n?/);
  const [, first, second] =
    /^ 27: +(\d+) +(\d+) PCI-MSI-0000:00:1f\.2 {3}0-edge {6}ahci\[0000:00:1f\.2\]$/m.exec(
      shell.output,
    ) ?? [];
  expect(Number(first)).toBeGreaterThan(0);
  expect(Number(second)).toBeGreaterThan(1);
  const [, zero, one] = /BLOCK: +(\d+) +(\d+)/.exec(shell.output) ?? [];
  expect([zero, one]).toEqual([first, second]);
});

test("a task that is preempted from another CPU is interrupted for it", () => {
  const machine = boot({ seed: 1, cpus: 2 });
  machine.spawn(function* main(sys) {
    // Two that compute, one for each CPU; a wake-up has to take a CPU from one of them.
    for (let i = 0; i < 2; i++) {
      if ((yield* sys.fork()) === 0) {
        for (;;) yield* sys.compute(100_000);
      }
    }
    for (let i = 0; i < 200; i++) yield* sys.nanosleep(1_000_000);
    yield* sys.call("kill", -1, 9);
  });
  machine.runFor(300_000_000);
  const file = machine.readFile("/proc/interrupts") ?? "";
  const [, a, b] = /^RES: +(\d+) +(\d+) {3}Rescheduling interrupts$/m.exec(file) ?? [];
  expect(Number(a) + Number(b)).toBe(machine.trace.count("irq_vectors:reschedule_entry"));
  expect(Number(a) + Number(b)).toBeGreaterThan(0);
  const softirqs = machine.readFile("/proc/softirqs") ?? "";
  expect(softirqs).toMatch(/^ {7}SCHED: +[1-9]\d* +[1-9]\d*$/m);
});

test("a machine of 1991 has the lines of its two controllers", () => {
  const machine = boot({ seed: 1, profile: "pc-1991" });
  machine.spawn("/bin/sh", { argv: ["sh", "-c", "sleep 0.1"] });
  machine.runUntilIdle();
  const rows = (machine.readFile("/proc/interrupts") ?? "").split("\n");
  expect(rows[0]).toBe("           CPU0       ");
  expect(rows[1]).toMatch(/^ {2}0: +[1-9]\d* {3}XT-PIC {6}timer$/);
  expect(rows.slice(2)).toEqual([
    "  2:          0   XT-PIC      cascade",
    expect.stringMatching(/^ 14: +\d+ {3}XT-PIC {6}hd$/),
    "NMI:          0   Non-maskable interrupts",
    "ERR:          0",
    "",
  ]);
});
