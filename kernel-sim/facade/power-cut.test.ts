import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import { boot } from "../index.ts";

function shell(machine: Machine, commands: string): string {
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands] });
  machine.runFor(2e9);
  return process.output;
}

test("a new disk is in order, and so is one that was synced, but for the mark of a mounted one", () => {
  const machine = boot({ seed: 1, cpus: 1, disk: { model: "ssd", files: { "a/b": "text" } } });
  expect(machine.disk!.fsck()).toEqual([]);
  shell(machine, "mkdir /mnt/d; echo x > /mnt/d/f; ln /mnt/d/f /mnt/g; rm /mnt/a/b; sync");
  expect(machine.disk!.fsck()).toEqual(["was not cleanly unmounted, check forced."]);
  shell(machine, "umount /mnt");
  expect(machine.disk!.fsck()).toEqual([]);
});

test("what was not written is lost when the power is cut; what fsync has written is found, without its name", () => {
  const machine = boot({ seed: 1, cpus: 1, disk: { model: "ssd", files: { old: "kept" } } });
  shell(machine, "echo precious > /mnt/new; dd if=/mnt/old of=/mnt/copy conv=fsync 2> /dev/null");
  const image = machine.disk!.image();
  const problems = machine.disk!.fsck();
  expect(problems.some((problem) => problem.startsWith("Unattached inode "))).toBe(true);
  const again = boot({ seed: 2, cpus: 1, disk: { model: "ssd", image } });
  expect(shell(again, "cat /mnt/old; cat /mnt/new 2> /dev/null; ls /mnt")).toBe(
    "keptlost+found\nold\n",
  );
});

test("the kernel warns of a disk that was not unmounted", () => {
  const machine = boot({ seed: 1, cpus: 1, disk: { model: "hdd", mount: "/" } });
  shell(machine, "sync");
  const again = boot({
    seed: 1,
    cpus: 1,
    disk: { model: "hdd", mount: "/", image: machine.disk!.image() },
  });
  expect(shell(again, "dmesg")).toContain("EXT2-fs (sda): warning: mounting unchecked fs");
});
