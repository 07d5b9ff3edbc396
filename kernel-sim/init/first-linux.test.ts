import { expect, test } from "vitest";
import { boot, i386 } from "../index.ts";

const EPERM = -1;
const ENOSYS = -38;

function shell(commands: string): string {
  const machine = boot({ seed: 1, profile: "0.01" });
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands] });
  machine.runUntilIdle();
  return process.output;
}

test("uname tells what 0.01 told", () => {
  expect(shell("uname -snrvm")).toBe("linux .0 nodename release  version  machine \n");
});

test("a shell, files and pipes work with the calls of 0.01", () => {
  expect(
    shell("echo a b > /tmp/f; cat /tmp/f | wc; mkdir /tmp/d; ls /tmp; (exit 3); echo $?"),
  ).toBe("      1       2       4\nd\nf\n3\n");
});

test("names end after 14 characters, and what is cut off is not missed", () => {
  expect(shell("echo x > /tmp/a-name-that-is-long; ls /tmp; cat /tmp/a-name-that-is-another")).toBe(
    "a-name-that-is\nx\n",
  );
});

test("what came later answers -1, and ENOSYS what had a number only", () => {
  const machine = boot({ seed: 1, profile: "0.01" });
  const answers = machine.run(function* (sys) {
    return [
      yield* sys.call("socket", 2, 1, 0),
      yield* sys.call("mmap", 0, 4096, 3, 0x22, -1, 0),
      yield* sys.symlink("a", "/tmp/b"),
      yield* sys.rename("/tmp/a", "/tmp/b"),
      yield* sys.call("mount", 0, 0, 0, 0, 0),
      yield* sys.nanosleep(1),
      (yield* sys.getpid()) > 1,
    ];
  });
  expect(answers).toEqual([EPERM, EPERM, EPERM, ENOSYS, ENOSYS, EPERM, true]);
  expect(machine.readFile("/proc/version")).toBeUndefined();
  expect(machine.cpus).toBe(1);
  expect(() => boot({ profile: "0.01", cpus: 2 })).toThrow(TypeError);
});

test("machine code of 1991 has 67 calls", () => {
  const machine = boot({ seed: 1, profile: "0.01" });
  /** Ends with the negative answer of a call. */
  const answerOf = (nr: number) =>
    machine.run(
      i386.assemble(
        `.globl _start\n_start: movl $${nr}, %eax\n int $0x80\n movl %eax, %ebx\n negl %ebx\n movl $1, %eax\n int $0x80\n`,
      ),
    );
  // setup, ustat, two without code; then numbers behind the table, of which some are calls today.
  expect([0, 62, 14, 38].map(answerOf)).toEqual([1, 1, 38, 38]);
  expect([67, 83, 90, 102, 1000].map(answerOf)).toEqual([1, 1, 1, 1, 1]);
});

test("its root is a disk with a Minix file system, which cuts names off as well", () => {
  const machine = boot({ seed: 1, profile: "0.01" });
  const shell = machine.spawn("/bin/sh", {
    argv: [
      "sh",
      "-c",
      "echo hi > /home/a-name-that-is-long; cat /home/a-name-that-is-other; ls /home",
    ],
  });
  machine.runUntilIdle();
  expect(shell.output).toBe("hi\na-name-that-is\nala\nola\n");
  expect(machine.disk?.path).toBe("/dev/hda");
  // The magic number of the super block.
  expect([...machine.disk!.sector(2).subarray(16, 18)]).toEqual([0x7f, 0x13]);
});
