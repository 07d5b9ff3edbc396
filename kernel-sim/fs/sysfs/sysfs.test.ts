import { expect, test } from "vitest";
import type { SystemCalls } from "../../api-kernel.ts";
import { boot, type Machine } from "../../index.ts";

const O_WRONLY = 1;
const [EACCES, EINVAL, EPERM] = [-13, -22, -1];

function shell(machine: Machine, commands: string): string {
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands] });
  machine.runUntilIdle();
  return process.output;
}

test("a disk is found by its name, its class and its number, and says what it is", () => {
  const machine = boot({ seed: 1, disk: { model: "hdd", sizeMiB: 4 } });
  const output = shell(
    machine,
    "cd /sys; cat block/sda/size class/block/sda/dev dev/block/8:0/queue/rotational; readlink block/sda; cat block/sda/uevent block/sda/inflight",
  );
  expect(output).toBe(
    "8192\n8:0\n1\n../devices/virtual/block/sda\nMAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\nDISKSEQ=1\n       0        0\n",
  );
});

test("the CPUs are told as lists and as masks", () => {
  const machine = boot({ seed: 1, cpus: 3 });
  const output = shell(
    machine,
    "cd /sys/devices/system/cpu; cat online possible offline cpu1/topology/core_siblings cpu1/topology/thread_siblings_list; ls | head -n 3",
  );
  expect(output).toBe("0-2\n0-2\n\n7\n1\ncpu0\ncpu1\ncpu2\n");
});

test("how far a disk is read ahead can be set, in whole pages, and nonsense is EINVAL", () => {
  const machine = boot({ seed: 1, disk: "ssd" });
  const path = "/sys/block/nvme0n1/queue/read_ahead_kb";
  const answers = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open(path, O_WRONLY)) as number;
    return [yield* sys.write(fd, "zero\n"), yield* sys.write(fd, "66\n")];
  });
  expect(answers).toEqual([EINVAL, 3]);
  expect(shell(machine, `cat ${path}`)).toBe("64\n");
});

test("what nobody may write not even root opens for writing, and nothing is made or removed", () => {
  const machine = boot({ seed: 1 });
  const answers = machine.run(function* (sys: SystemCalls) {
    return [
      yield* sys.open("/sys/devices/system/cpu/online", O_WRONLY),
      yield* sys.mkdir("/sys/module/mine"),
      yield* sys.unlink("/sys/devices/system/cpu/online"),
      yield* sys.open("/sys/class/none", 0o101, 0o644),
    ];
  });
  expect(answers).toEqual([EACCES, EPERM, EPERM, EACCES]);
});

test("sysfs is one file system, wherever it is mounted, and its empty directories are for others", () => {
  const machine = boot({ seed: 1 });
  expect(
    shell(
      machine,
      "mount | grep sysfs; ls /sys/module /sys/fs/bpf; mount -t sysfs none /mnt; cat /mnt/class/net/lo/mtu",
    ),
  ).toBe("sysfs on /sys type sysfs (rw,relatime)\n/sys/fs/bpf:\n\n/sys/module:\n65536\n");
});
