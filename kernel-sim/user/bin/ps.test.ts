import { describe, expect, test } from "vitest";
import { boot } from "../../index.ts";

/** What a shell's line leaves on the terminal. */
function shell(line: string): string {
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", line] });
  machine.runUntilIdle();
  return process.output;
}
const rows = (line: string) =>
  shell(line)
    .trimEnd()
    .split("\n")
    .map((row) => row.trim().split(/ +/));

describe("ps", () => {
  test("-C, -u, -p and --ppid choose, and every list adds to the others", () => {
    expect(rows("sleep 1 & sleep 1 & ps -C sleep -o pid= -o comm=")).toEqual([
      ["3", "sleep"],
      ["4", "sleep"],
    ]);
    expect(rows("sleep 1 & ps -C sleep -p 1 -o comm=").flat()).toEqual(["init", "sleep"]);
    expect(rows("ps --ppid 2 -o comm").flat()).toEqual(["COMMAND", "ps"]);
    expect(rows("ps -u root -o comm=").flat()).toEqual(["init", "sh", "ps"]);
    expect(shell("ps -u 65534; echo $?")).toMatch(/^ +PID TTY +TIME CMD\n1\n$/);
  });

  test("--sort by one key or more, downwards with a minus", () => {
    expect(rows("ps -e -o pid= --sort -pid").flat()).toEqual(["3", "2", "1"]);
    expect(rows("ps axo pid,comm h --sort=comm k -pid").length).toBe(3);
    expect(rows("sleep 1 & sleep 1 & ps -eo comm,pid h --sort=comm,-pid")).toEqual([
      ["init", "1"],
      ["ps", "5"],
      ["sh", "2"],
      ["sleep", "4"],
      ["sleep", "3"],
    ]);
  });

  test("columns: widths, titles, and - where the kernel does not say where one sleeps", () => {
    expect(shell("ps -p 1 -o wchan:8,pid=Nr")).toBe(
      "WCHAN    Nr\n-         1\n".replace("Nr", "     Nr").replace("  1\n", "       1\n"),
    );
    expect(shell("ps axo pid,stat,comm").split("\n")[0]).toBe("    PID STAT COMMAND");
    expect(shell("ps ax").split("\n")[0]).toBe("    PID TTY      STAT   TIME COMMAND");
    expect(shell("ps -l").split("\n")[0]).toMatch(
      /^F S +UID +PID +PPID +C PRI +NI ADDR +SZ WCHAN +TTY +TIME CMD$/,
    );
  });

  test.each([
    ["-K", "unsupported SysV option"],
    ["z", "unsupported option (BSD syntax)"],
    ["--nosuch", "unknown gnu long option"],
    ["-o nosuch", 'unknown user-defined format specifier "nosuch"'],
    ["-u nobodyhere", "user name does not exist"],
    ["--sort nosuch", "unknown sort specifier"],
    ["-p x", "process ID list syntax error"],
    ["-p", "list of process IDs must follow -p"],
  ])("ps %s is refused", (option, message) => {
    const output = shell(`ps ${option}; echo $?`);
    expect(output).toContain(`error: ${message}\n\nUsage:\n ps [options]\n`);
    expect(output).toMatch(/\n1\n$/);
  });
});
