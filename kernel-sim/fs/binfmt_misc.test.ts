import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import { boot } from "../index.ts";

const DIR = "/proc/sys/fs/binfmt_misc";
const MOUNT = `mount -t binfmt_misc none ${DIR}`;

function shell(machine: Machine, ...commands: readonly string[]): string {
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands.join("\n")] });
  machine.runUntilIdle();
  return process.output;
}

/** What write(2) of a line to `register` answers. */
function register(machine: Machine, line: string): number {
  return machine.run(function* (sys) {
    const fd = yield* sys.open(`${DIR}/register`, 1);
    const answer = yield* sys.write(fd, line);
    yield* sys.close(fd);
    return answer;
  }) as number;
}

/** Lines and answers of Linux 6.18. */
const ANSWERS: readonly (readonly [string, number])[] = [
  [":t1:M::KBK1::/bin/echo:", 23],
  [":t1:M::KBK1::/bin/echo:\n", -17],
  [":t2:E::kbk::/bin/echo:P", 23],
  [":t3:M:4:\\x41B\\x00C:\\xff\\xff\\xff\\x00:/bin/echo:OC", 48],
  [":t4:M:300:a::/bin/echo:", -22],
  [":t5:M:-1:a::/bin/echo:", -22],
  [":t6:M:255:a::/bin/echo:", 23],
  [":t7:M:256:a::/bin/echo:", -22],
  [":a/b:M::a::/bin/echo:", -22],
  ["::M::a::/bin/echo:", -22],
  [":.:M::a::/bin/echo:", -22],
  [":t8:X::a::/bin/echo:", -22],
  [":t9:M::a::/bin/echo", -22],
  [":t9:M::a::relative:", 19],
  [":t10:M::a:bc:/bin/echo:", -22],
  [":t11:E::a/b::/bin/echo:", -22],
  [":t12:E:::::", -22],
  [":t13:E::x::/nonexistent:F", -2],
  [":t14:E::x::/bin/echo:F", 22],
  [":t15:E::x::/bin/echo:Z", -22],
  [",t16,E,,y,,/bin/echo,", 21],
  [":t17:M::\\xg::/bin/echo:", -22],
  [":t18:M::\\x4::/bin/echo:", -22],
  [":status:M::q::/bin/echo:", -17],
  [":t19:M:1x:a::/bin/echo:", -22],
  [":t20:M: 1:a::/bin/echo:", -22],
  [":t21:M:+1:a::/bin/echo:", 23],
  [":t22:M:010:a::/bin/echo:", 24],
  ["short", -22],
  ["x".repeat(2000), -22],
  [":t23:E::z::/bin/echo:PPF\n\n", -22],
  [":t24:E::z::/bin/echo:PF\n", 24],
  [`:${"n".repeat(300)}:E::w::/bin/echo:`, -36],
  [":t26:E:junk:w:junk:/bin/echo:", 29],
];

test("register takes and refuses what Linux does", () => {
  const machine = boot({ seed: 1 });
  shell(machine, MOUNT);
  const got = ANSWERS.map(([line]) => [line, register(machine, line)]);
  expect(got).toEqual(ANSWERS);
  expect(machine.readFile(`${DIR}/t3`)).toBe(
    "enabled\ninterpreter /bin/echo\nflags: OC\noffset 4\nmagic 41420043\nmask ffffff00\n",
  );
  expect(machine.readFile(`${DIR}/t24`)).toBe(
    "enabled\ninterpreter /bin/echo\nflags: PF\nextension .z\n",
  );
});

test("the interpreter gets its own name, the file's and the arguments; with P also argv[0]", () => {
  const machine = boot({ seed: 1 });
  machine.writeFile("/tmp/prog", "KBK1 hello", 0o755);
  machine.install("/bin/args", function* (sys, argv) {
    yield* sys.write(1, `${argv.join(" ")}\n`);
    return 0;
  });
  shell(machine, MOUNT);
  register(machine, ":t:M::KBK1::/bin/args:");
  const run = () => {
    const process = machine.spawn("/tmp/prog", { argv: ["zero", "one"] });
    machine.runUntilIdle();
    return process.output;
  };
  expect(run()).toBe("/bin/args /tmp/prog one\n");
  shell(machine, `echo -1 > ${DIR}/t`);
  register(machine, ":t:M::KBK1::/bin/args:P");
  expect(run()).toBe("/bin/args /tmp/prog zero one\n");
});

test.each([
  { formats: 5, output: "/tmp/c4 /tmp/c3 /tmp/c2 /tmp/c1 /tmp/c0\n" },
  { formats: 6, output: "sh: 1: /tmp/c0: Too many levels of symbolic links\n" },
])("$formats interpreters one behind the other", ({ formats, output }) => {
  const machine = boot({ seed: 1 });
  shell(machine, MOUNT);
  for (let i = 0; i < formats; i++) {
    machine.writeFile(`/tmp/c${i}`, `CH${i}_`, 0o755);
    const next = i < formats - 1 ? `/tmp/c${i + 1}` : "/bin/echo";
    register(machine, `:c${i}:M::CH${i}_::${next}:`);
  }
  expect(shell(machine, "/tmp/c0")).toBe(output);
});

test("with O the interpreter finds the file open, which it could not open itself", () => {
  const machine = boot({ seed: 1 });
  machine.writeFile("/tmp/secret.x", "12345", 0o711);
  machine.install("/bin/reader", function* (sys) {
    const opened = yield* sys.open("/tmp/secret.x");
    const bytes = yield* sys.read(3, 10);
    yield* sys.write(1, `${opened} ${typeof bytes === "number" ? bytes : bytes.length}\n`);
    return 0;
  });
  shell(machine, MOUNT);
  register(machine, ":x:E::x::/bin/reader:O");
  const process = machine.spawn("/tmp/secret.x", { uid: 1000 });
  machine.runUntilIdle();
  expect(process.output).toBe("-13 5\n");
});

test("the newest format wins, a disabled one is passed over, and with the last mount all are gone", () => {
  const machine = boot({ seed: 1 });
  machine.writeFile("/tmp/f.x", "", 0o755);
  shell(machine, MOUNT);
  register(machine, ":old:E::x::/bin/echo:");
  register(machine, ":new:E::x::/bin/false:");
  expect(shell(machine, "/tmp/f.x; echo $?")).toBe("1\n");
  expect(shell(machine, `echo 0 > ${DIR}/new`, "/tmp/f.x; echo $?")).toBe("/tmp/f.x\n0\n");
  expect(shell(machine, `ls ${DIR}`)).toBe("new\nold\nregister\nstatus\n");
  shell(machine, `umount ${DIR}`, MOUNT);
  expect(shell(machine, `ls ${DIR}`)).toBe("register\nstatus\n");
});
