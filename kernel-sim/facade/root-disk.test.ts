import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import { boot } from "../index.ts";

function shell(machine: Machine, commands: string): string {
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands] });
  machine.runUntilIdle();
  return process.output;
}

test("a disk can be the root: programs, /etc and /dev lie on it, and /proc says so", () => {
  const machine = boot({ seed: 1, disk: { model: "hdd", mount: "/", files: { "/note": "hi\n" } } });
  expect(shell(machine, "cat /note /proc/cmdline; mount | head -n 1; ls -l /dev/sda")).toMatch(
    /^hi\nroot=\/dev\/sda ro quiet\n\/dev\/root on \/ type ext2 \(rw,relatime\)\nbrw-rw---- 1 root root\s+8,\s+0 .* \/dev\/sda\n$/,
  );
  expect(shell(machine, "dmesg")).toContain(
    "VFS: Mounted root (ext2 filesystem) readonly on device 8:0.\n",
  );
  expect(shell(machine, "dmesg")).toContain("Kernel command line: root=/dev/sda ro quiet\n");
});

test("what is written to a root on a disk is on the disk after sync", () => {
  const machine = boot({ seed: 1, disk: { model: "ssd", mount: "/" } });
  const before = machine.disk!.sectorsWritten;
  shell(machine, "echo precious > /home/ala/word; sync");
  expect(machine.disk!.sectorsWritten).toBeGreaterThan(before);
  const texts = Array.from({ length: machine.disk!.sectors }, (_, n) =>
    new TextDecoder().decode(machine.disk!.sector(n)),
  );
  expect(texts.some((text) => text.startsWith("precious\n"))).toBe(true);
});

test("the root of 0.01 is the Minix file system of its disk", () => {
  const machine = boot({ seed: 1, profile: "0.01" });
  const output = shell(machine, "echo greetings > /tmp/a; ls -l /dev/hda /home; sync");
  expect(output).toMatch(
    /^brw-rw---- 1 root root\s+3,\s+0 .* \/dev\/hda\n\n\/home:\ntotal 2\ndrwxr-xr-x 2 ala users/,
  );
  const { disk } = machine;
  const zones = Array.from({ length: disk!.sectors }, (_, n) =>
    new TextDecoder().decode(disk!.sector(n)),
  );
  expect(zones.some((text) => text.startsWith("greetings\n"))).toBe(true);
  // The directory at the root, from which the kernel finds everything.
  expect(zones.some((text) => /^..\.\0+..\.\.\0+/s.test(text) && text.includes("sbin"))).toBe(true);
});
