import { describe, expect, test } from "vitest";
import { boot, terminalPort } from "../index.ts";

/** What appears after the first prompt. */
function session(inputs: readonly string[]): string {
  const terminal = boot().terminal({ user: "ala" });
  for (const input of inputs) terminal.type(input);
  return terminal.text.slice(terminal.text.indexOf("$ "));
}

describe("a terminal with a shell", () => {
  test("lets somebody in by name, and asks again when the shell has ended", () => {
    const machine = boot();
    const terminal = machine.terminal();
    expect(terminal.text).toBe("kernelbook login:");
    terminal.type("nobody-here\n");
    expect(terminal.text).toContain("Login incorrect\nkernelbook login:");
    terminal.type("ola\n");
    terminal.type("id -un; pwd; tty; echo $HOME\n");
    expect(terminal.text).toContain(
      "$ id -un; pwd; tty; echo $HOME\nola\n/home/ola\n/dev/tty1\n/home/ola\n$",
    );
    terminal.type("exit\n");
    machine.runFor(10e6);
    expect(terminal.text.endsWith("$ exit\nkernelbook login:")).toBe(true);
  });

  test("runs pipelines, and the line is edited before the shell sees it", () => {
    expect(session(["ecko\x7f\x7fho hi | tr a-z A-Z\n"])).toBe("$ echo hi | tr a-z A-Z\nHI\n$");
  });

  test("stops a job by ^Z, takes it back, and ends it by ^C", () => {
    expect(session(["sleep 100\n", "\x1a", "jobs\n", "fg\n", "\x03", "echo $?\n"])).toBe(
      [
        "$ sleep 100",
        "^Z",
        "[1] + Stopped                    sleep 100",
        "$ jobs",
        "[1] + Stopped                    sleep 100",
        "$ fg",
        "sleep 100",
        "^C",
        "$ echo $?",
        "130",
        "$",
      ].join("\n"),
    );
  });

  test.each(["while :; do :; done", "while true; do sleep 1; done", "yes"])(
    "ends `%s` by ^C",
    (command) => {
      expect(session([`${command}\n`, "\x03", "echo still here\n"])).toMatch(
        /(\^C\n)?\$ echo still here\nstill here\n\$$/,
      );
    },
  );

  test("throws a line away that is begun, by ^C", () => {
    expect(session(["echo on", "\x03", "echo two\n"])).toBe("$ echo on^C\n$ echo two\ntwo\n$");
  });

  test("tells programs that its size has changed", () => {
    const machine = boot();
    const terminal = machine.terminal({ user: "ala", rows: 10, cols: 40 });
    terminal.type("stty size; trap 'stty size' WINCH\n");
    terminal.resize(12, 50);
    terminal.type("echo\n");
    expect(terminal.text).toContain("10 40\n");
    expect(terminal.text).toContain("12 50\n");
  });

  test("gives each its own, as ps and who owns the device show", () => {
    const machine = boot();
    const ala = machine.terminal({ user: "ala" });
    const ola = machine.terminal({ user: "ola" });
    ola.type("ps -o user,tty,args -e; ls -l /dev/tty1 /dev/tty2\n");
    expect(ola.text).toMatch(/^ala +tty1 +-sh$/m);
    expect(ola.text).toMatch(/^ola +tty2 +-sh$/m);
    expect(ola.text).toMatch(/^crw--w---- 1 ola tty +4, 2 .*tty2$/m);
    expect(ala.text).not.toContain("ola");
  });

  test("starts the program that chsh has made the login shell", () => {
    const machine = boot();
    machine.install("/bin/tiny", function* tiny(sys, argv) {
      yield* sys.write(1, `${argv[0]}> `);
      const line = yield* sys.read(0, 100);
      yield* sys.write(1, line instanceof Uint8Array ? line : "?");
      yield* sys.pause();
    });
    const terminal = machine.terminal({ user: "ala", shell: "/bin/tiny" });
    terminal.type("hello\n");
    expect(terminal.text).toMatch(/-tiny> hello\nhello$/);
    expect(machine.readFile("/etc/passwd")).toContain("ala:x:1000:1000:Ala:/home/ala:/bin/tiny\n");
    expect(() => machine.terminal({ user: "ala", shell: "/bin/none" })).toThrow(/No such file/);
  });
});

test("what was typed can be replayed, to the byte and the event", () => {
  const first = boot({ seed: 3 });
  const typed = first.terminal({ user: "ala" });
  typed.type("sleep 0.5 &\n");
  first.runFor(123_456_789);
  typed.type("ps; echo $RANDOM$$\n");
  typed.resize(20, 60);
  first.runFor(1e9);
  typed.type("jobs\n");
  const second = boot({ seed: 3 });
  const replayed = second.terminal({ user: "ala", replay: typed.typed });
  expect(replayed.output).toBe(typed.output);
  expect(second.now()).toBe(first.now());
  expect(second.trace.events()).toEqual(first.trace.events());
});

describe("the console", () => {
  test("gives a program what is typed there", () => {
    const machine = boot();
    const process = machine.spawn("/bin/cat");
    machine.console.type("one\ntwo\n\x04");
    expect(process.exited).toBe(0);
    expect(process.output).toBe("one\ntwo\n");
    // What was typed is seen as well.
    expect(machine.consoleOutput).toBe("one\ntwo\none\ntwo\n");
  });

  test("is the same object each time, and is gone with its machine", () => {
    const machine = boot();
    const { console } = machine;
    expect(machine.console).toBe(console);
    machine.close();
    expect(() => console.output).toThrow(/closed/);
    expect(() => console.type("x")).toThrow(/closed/);
  });
});

test("only a terminal is taken for one by its host", () => {
  const terminal = boot().terminal();
  expect(terminalPort(terminal)?.tty).toBe("tty1");
  expect(terminalPort({ ...terminal })).toBeUndefined();
  expect(Object.isFrozen(terminal)).toBe(true);
});
