import { describe, expect, test } from "vitest";
import { boot, i386 } from "../../../index.ts";

/** What a shell's line leaves on the terminal. */
function shell(line: string): string {
  const machine = boot({ seed: 1, cpus: 1 });
  machine.writeFile("/etc/two", "line 1\nline 2\n");
  machine.install(
    "/bin/hello",
    i386.assemble(
      `_start: mov $4, %eax
       mov $1, %ebx
       mov $text, %ecx
       mov $3, %edx
       int $0x80
       mov $1, %eax
       xor %ebx, %ebx
       int $0x80
       .data
       text: .ascii "hi\\n"`,
      { name: "hello" },
    ),
  );
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", line] });
  machine.runUntilIdle();
  return process.output.replace(/0x7f[\da-f]+/g, "0x7f…");
}

describe("strace", () => {
  test("prints each call with its arguments and its answer, in between what the program writes", () => {
    expect(shell("strace cat /etc/two /none").split("\n")).toEqual([
      'execve("/usr/bin/cat", ["cat", "/etc/two", "/none"], 0x7f… /* 3 vars */) = 0',
      'openat(AT_FDCWD, "/etc/two", O_RDONLY)  = 3',
      'read(3, "line 1\\nline 2\\n", 65536)      = 14',
      'write(1, "line 1\\nline 2\\n", 14line 1',
      "line 2",
      ")        = 14",
      'read(3, "", 65536)                      = 0',
      "close(3)                                = 0",
      'openat(AT_FDCWD, "/none", O_RDONLY)     = -1 ENOENT (No such file or directory)',
      'write(2, "cat: /none: No such file or dire"..., 38cat: /none: No such file or directory',
      ") = 38",
      "exit_group(1)                           = ?",
      "+++ exited with 1 +++",
      "",
    ]);
  });

  test("tells of signals, and of what kills", () => {
    const lines = shell("strace -o /tmp/o sh -c 'kill -TERM $$'; tail -n 3 /tmp/o").split("\n");
    expect(lines.slice(-4, -1)).toEqual([
      expect.stringMatching(/^kill\(\d+, SIGTERM\) {20,}= 0$/),
      expect.stringMatching(
        /^--- SIGTERM \{si_signo=SIGTERM, si_code=SI_USER, si_pid=\d+, si_uid=0\} ---$/,
      ),
      "+++ killed by SIGTERM +++",
    ]);
  });

  test("follows children with -f, and breaks off the line of who waits", () => {
    const text = shell("strace -f -o /tmp/o sh -c 'ls /none; true'; cat /tmp/o");
    expect(text).toMatch(/^strace: Process (\d+) attached$/m);
    expect(text).toMatch(/wait4\(\d+, +<unfinished \.\.\.>$/m);
    expect(text).toMatch(
      /<\.\.\. wait4 resumed>\[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 2\}\], 0, NULL\) = \d+$/m,
    );
    expect(text).toMatch(/^--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, /m);
  });

  test("only the calls of -e, counted with -c", () => {
    expect(shell("strace -e trace=write echo a").split("\n")).toEqual([
      'write(1, "a\\n", 2a',
      ")                      = 2",
      "+++ exited with 0 +++",
      "",
    ]);
    const table = shell("strace -c -o /tmp/o ls /nowhere; cat /tmp/o");
    expect(table).toMatch(/^% time +seconds +usecs\/call +calls +errors syscall$/m);
    expect(table).toMatch(/^ *[\d.]+ +[\d.]+ +\d+ +2 +2 newfstatat$/m);
  });

  test("classes, all, none and what is not wanted", () => {
    const calls = (expression: string) =>
      shell(`strace -o /tmp/o -e '${expression}' cat /etc/two >/dev/null; cat /tmp/o`)
        .split("\n")
        .flatMap((line) => /^\w+(?=\()/.exec(line)?.[0] ?? []);
    const all = calls("trace=all");
    expect(all).toEqual(["execve", "openat", "read", "write", "read", "close", "exit_group"]);
    expect(calls("trace=none")).toEqual([]);
    expect(calls("!none")).toEqual(all);
    expect(calls("trace=!read,close")).toEqual(["execve", "openat", "write", "exit_group"]);
    expect(calls("trace=file")).toEqual(["execve", "openat"]);
    expect(calls("%process,write")).toEqual(["execve", "write", "exit_group"]);
    expect(calls("%desc,?nosuch")).toEqual(["openat", "read", "write", "read", "close"]);
    expect(calls("trace=network")).toEqual([]);
    expect(shell("strace -e trace=nosuch echo; echo $?")).toBe(
      "strace: invalid system call 'nosuch'\n1\n",
    );
  });

  test("-p of a sleeping process says which call goes on", () => {
    const text = shell("sleep 1 & strace -p $!; wait");
    expect(text).toMatch(/^strace: Process \d+ attached$/m);
    expect(text).toMatch(
      /^restart_syscall\(<\.\.\. resuming interrupted (clock_)?nanosleep \.\.\.>\) = 0$/m,
    );
  });

  test("-p of init hinders nobody who starts a program from outside", () => {
    const machine = boot({ seed: 1, cpus: 1 });
    machine.spawn("/bin/strace", { argv: ["strace", "-f", "-p", "1"] });
    machine.runFor(1e7);
    const process = machine.spawn("/bin/echo", { argv: ["echo", "born"] });
    machine.runFor(1e7);
    expect(process.output).toBe("born\n");
  });

  test("reads the calls of 32-bit programs by their own table", () => {
    const lines = shell("strace -o /tmp/o hello; cat /tmp/o").split("\n");
    expect(lines).toContainEqual(
      expect.stringMatching(/^\[ Process PID=\d+ runs in 32 bit mode\. \]$/),
    );
    expect(lines).toContain('write(1, "hi\\n", 3)                     = 3');
    expect(lines).toContain("exit(0)                                 = ?");
  });

  test("says when there is nothing to run", () => {
    expect(shell("strace nosuch; echo $?")).toBe(
      "strace: Can't stat 'nosuch': No such file or directory\n1\n",
    );
  });
});
