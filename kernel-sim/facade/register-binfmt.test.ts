import { describe, expect, test } from "vitest";
import type { LoadBinary } from "../api-kernel.ts";
import { boot, constants, type Machine } from "../index.ts";

const { ENOENT, ENOEXEC, ELOOP, EACCES } = constants as Record<string, number>;

/** Runs files that begin with KBK1 with what follows on the line. */
const kbk: LoadBinary = ({ buf, interp, argv }) => {
  const [, interpreter] = /^KBK1 (\S+)\n/.exec(String.fromCharCode(...buf)) ?? [];
  if (interpreter === undefined) return -(ENOEXEC as number);
  return { interpreter, argv: [interpreter, interp, ...argv.slice(1)] };
};

function machineWith(load: LoadBinary): Machine {
  const machine = boot();
  machine.registerBinfmt("kbk", load);
  machine.writeFile("/bin/hello", "KBK1 /bin/echo\n", 0o755);
  return machine;
}

function execve(machine: Machine, path: string, argv: readonly string[]): unknown {
  return machine.run(function* caller(sys) {
    if ((yield* sys.fork()) === 0) {
      yield* sys.exit(-(yield* sys.execve(path, argv, { HOME: "/" })) & 0xff);
    }
    const end = yield* sys.wait4();
    return typeof end === "object" ? end.exited : end;
  });
}

describe("a handler of a cell's own", () => {
  test("names an interpreter, which gets the file and the arguments", () => {
    const machine = machineWith(kbk);
    expect(execve(machine, "/bin/hello", ["hello", "a", "b"])).toBe(0);
    expect(machine.consoleOutput).toBe("/bin/hello a b\n");
  });

  test("leaves files of other formats to the others", () => {
    const machine = machineWith(kbk);
    expect(execve(machine, "/bin/true", ["true"])).toBe(0);
    machine.writeFile("/bin/text", "KBK2 /bin/echo\n", 0o755);
    expect(execve(machine, "/bin/text", ["text"])).toBe(ENOEXEC);
  });

  test("is asked first, and no longer when it is unregistered", () => {
    const machine = boot();
    const { unregister } = machine.registerBinfmt("no", ({ interp }) =>
      interp === "/bin/true" ? -(EACCES as number) : -(ENOEXEC as number),
    );
    expect(execve(machine, "/bin/true", ["true"])).toBe(EACCES);
    unregister();
    expect(execve(machine, "/bin/true", ["true"])).toBe(0);
  });

  test("names an interpreter that is not there: ENOENT", () => {
    const machine = machineWith(kbk);
    machine.writeFile("/bin/lost", "KBK1 /bin/nothing\n", 0o755);
    expect(execve(machine, "/bin/lost", ["lost"])).toBe(ENOENT);
  });

  test("may nest five deep and no deeper, as `#!` lines may", () => {
    const machine = machineWith(kbk);
    for (let i = 1; i <= 6; i++) {
      const below = i === 1 ? "/bin/true" : `/bin/n${i - 1}`;
      machine.writeFile(`/bin/n${i}`, i % 2 ? `KBK1 ${below}\n` : `#!${below}\n`, 0o755);
    }
    expect(execve(machine, "/bin/n5", ["n5"])).toBe(0);
    expect(execve(machine, "/bin/n6", ["n6"])).toBe(ELOOP);
  });

  test.each([
    { name: "0", answer: 0 },
    { name: "a positive number", answer: 8 },
    { name: "nothing", answer: undefined },
    { name: "an argument that is no text", answer: { interpreter: "/bin/true", argv: [1] } },
  ])("answers $name: an error that says so", ({ answer }) => {
    const machine = machineWith((() => answer) as unknown as LoadBinary);
    expect(() => execve(machine, "/bin/hello", ["hello"])).toThrow(/the handler kbk answers/);
  });
});
