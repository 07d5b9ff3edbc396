import { exercise, type Plain, type TestContext } from "exercise";
import {
  boot,
  type Machine,
  type SystemCalls,
  type UserProgram,
  type UserRequest,
} from "kernel-sim";

const O_RDWR = 2;
const O_CREAT = 0o100;
const F_GETFD = 1;
const WNOHANG = 1;
const ECHILD = 10;
const SIGPIPE = 13;
const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;
const DESCRIPTORS = 24;
const MEBIBYTE = 1 << 20;

export default exercise("the-pipeline", ({ test }) => {
  test("joins", async (context) => {
    const { random, check } = context;
    for (const n of [1, 4]) {
      const shifts = Array.from({ length: n }, () => random.int(1, 25));
      const text = randomText(context, random.int(1, 300));
      const line = shifts.map((by) => stage("/bin/shift", String(by)));
      const { output, pipes } = await play(context, { line, typed: text });
      check(areJoined(pipes), "Two neighbours are not joined by a pipe.");
      const sum = shifts.reduce((all, by) => all + by, 0);
      check(output === shifted(text, sum), "What came out of the last stage is not what went in.");
    }
    const { output } = await play(context, {
      line: [stage("/bin/say", "a", "b"), stage("/bin/shift", "1")],
    });
    check(output === "b c", "The stages do not get their arguments.");
  });

  test("redirections", async (context) => {
    const { random, check } = context;
    for (const n of [3]) {
      const text = randomText(context, 200);
      const before = randomText(context, 400);
      const { files, output } = await play(context, {
        line: Array.from({ length: n }, () => stage("/bin/shift", "3")),
        typed: "not this",
        files: { "/tmp/in": text, "/tmp/out": before },
        redirections: { input: "/tmp/in", output: "/tmp/out" },
      });
      check(
        files["/tmp/out"] === shifted(text, 3 * n),
        "The output file does not hold the output.",
      );
      check(output === "", "Output went to the shell's 1 although it was redirected.");
    }
    const made = `/tmp/new${random.int(1, 99)}`;
    const { files, modes } = await play(context, {
      line: [stage("/bin/say", "x"), stage("/bin/shift", "1")],
      redirections: { output: made },
    });
    check(files[made] === "y", "A new output file is not made.");
    check(modes[made] === 0o644, "The output file is created with mode 0666, less the umask.");
    const lost = await play(context, {
      line: [stage("/bin/say", "x"), stage("/bin/shift", "1")],
      redirections: { input: "/tmp/nowhere" },
    });
    check(lost.status === 1, "When the input cannot be opened the answer is 1.");
    check(lost.starts.length === 0, "When the input cannot be opened nothing is started.");
  });

  test("closes", async (context) => {
    const { check } = context;
    for (const n of [1, 3]) {
      for (const isRedirected of [false, true]) {
        const { starts, before, after } = await play(context, {
          line: Array.from({ length: n }, () => stage("/bin/shift", "1")),
          typed: "abc",
          files: { "/tmp/in": "abc" },
          redirections: isRedirected ? { input: "/tmp/in", output: "/tmp/out" } : {},
        });
        check(starts.length === n, "Not every stage was started.");
        for (const open of starts) {
          check(
            open.join() === "0,1,2",
            `A stage starts with the descriptors ${open.join(", ")} open.`,
          );
        }
        check(
          before.join() === after.join(),
          `Before, the shell had ${before.join(", ")} open, afterwards ${after.join(", ")}.`,
        );
      }
    }
  });

  test("flows", async (context) => {
    const { check } = context;
    const { output, status, pipes } = await play(context, {
      line: [stage("/bin/pour", String(MEBIBYTE)), stage("/bin/copy"), stage("/bin/count")],
    });
    check(areJoined(pipes), "Between two stages the bytes take another way than a pipe.");
    check(status !== undefined, "The line never ends: somebody waits for somebody who waits.");
    check(output === String(MEBIBYTE), "Not all bytes came through.");
  });

  test("early-end", async (context) => {
    const { check } = context;
    for (const between of [0, 1]) {
      const { status, signals } = await play(context, {
        line: [
          stage("/bin/pour", String(MEBIBYTE)),
          ...Array.from({ length: between }, () => stage("/bin/copy")),
          stage("/bin/leave", "100", "5"),
        ],
      });
      check(status !== undefined, "The line never ends although its last stage has ended.");
      check(status === 5, "The status is not that of the last stage.");
      check(
        signals.filter((sig) => sig === SIGPIPE).length === between + 1,
        "A stage whose reader had gone was not ended by SIGPIPE.",
      );
    }
  });

  test("status", async (context) => {
    const { check } = context;
    const cases: readonly (readonly [readonly string[][], number])[] = [
      [
        [
          ["/bin/leave", "0", "7"],
          ["/bin/leave", "0", "0"],
        ],
        0,
      ],
      [
        [
          ["/bin/leave", "0", "0"],
          ["/bin/leave", "0", "9"],
        ],
        9,
      ],
      [[["/bin/say", "x"], ["/bin/nowhere"]], 127],
      [
        [
          ["/bin/leave", "0", "3"],
          ["/bin/die", "15"],
        ],
        143,
      ],
      [[["/bin/die", "9"]], 137],
      // The last stage ends first, and the first one last.
      [
        [
          ["/bin/late", "1"],
          ["/bin/leave", "0", "6"],
        ],
        6,
      ],
      [
        [
          ["/bin/leave", "0", "2"],
          ["/bin/late", "8"],
        ],
        8,
      ],
    ];
    for (const [line, wanted] of cases) {
      const { status, unwaited } = await play(context, {
        line: line.map(([path = "", ...args]) => stage(path, ...args)),
      });
      check(status === wanted, "The status is not that of the last stage.");
      check(unwaited === -ECHILD, "A child has not been waited for.");
    }
  });

  test("same-number", async (context) => {
    const { check } = context;
    for (const [n, isRead] of [
      [1, false],
      [1, true],
      [3, true],
    ] as const) {
      const text = randomText(context, 100);
      const { files, starts, before, after } = await play(context, {
        line: Array.from({ length: n }, () => stage("/bin/shift", "2")),
        typed: text,
        files: { "/tmp/in": text },
        redirections: { ...(isRead && { input: "/tmp/in" }), output: "/tmp/out" },
        isOutputClosed: true,
      });
      check(files["/tmp/out"] === shifted(text, 2 * n), "With 1 closed the output is lost.");
      check(
        starts.every((open) => open.join() === "0,1,2"),
        "With 1 closed a stage starts wrong.",
      );
      check(before.join() === after.join(), "With 1 closed the shell ends with other descriptors.");
    }
  });
});

interface Setting {
  readonly line: readonly { readonly path: string; readonly argv: readonly string[] }[];
  /** What the shell has as its standard input. */
  readonly typed?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly redirections?: Readonly<Record<string, string>>;
  readonly isOutputClosed?: boolean;
}

interface PipeEnds {
  readonly reads: number | undefined;
  readonly writes: number | undefined;
}

interface Played {
  /** Undefined when the line never ends. */
  readonly status: Plain;
  /** What the shell's standard output got. */
  readonly output: string;
  readonly files: Readonly<Record<string, string | undefined>>;
  readonly modes: Readonly<Record<string, number | undefined>>;
  /** The open descriptors with which each stage started. */
  readonly starts: readonly (readonly number[])[];
  /** The inodes of the pipes that each stage has as 0 and 1; undefined for what is no pipe. */
  readonly pipes: readonly PipeEnds[];
  /** Those of the shell. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What wait4 answers when all is over. */
  readonly unwaited: unknown;
  /** Signals that were sent. */
  readonly signals: readonly unknown[];
}

/** Runs one line on a fresh machine. */
function play(context: TestContext, setting: Setting): Promise<Played> {
  const seed = context.random.int(1, 1 << 30);
  const { line, typed = "", redirections = {}, isOutputClosed = false } = setting;
  return context.player.inMachine("run", (program) => {
    const machine = boot({ seed });
    const starts: number[][] = [];
    const pipes: PipeEnds[] = [];
    installStages(machine, starts, pipes);
    machine.writeFile("/tmp/typed", typed);
    machine.writeFile("/tmp/shown", "");
    for (const [path, text] of Object.entries(setting.files ?? {})) machine.writeFile(path, text);
    const seen: { before: readonly number[]; after: readonly number[]; unwaited: unknown } = {
      before: [],
      after: [],
      unwaited: undefined,
    };
    const modes: Record<string, number | undefined> = {};
    const shell = machine.spawn(function* shell(sys) {
      yield* sys.close(0);
      yield* sys.open("/tmp/typed");
      yield* sys.close(1);
      if (!isOutputClosed) yield* sys.open("/tmp/shown", O_RDWR | O_CREAT, 0o644);
      const before = yield* openOf(sys);
      const status = yield* program(sys, line, redirections);
      seen.before = before;
      seen.after = yield* openOf(sys);
      const child = yield* sys.wait4(-1, WNOHANG);
      seen.unwaited = typeof child === "number" ? child : child.pid;
      const { output } = redirections;
      const made = output === undefined ? undefined : yield* sys.stat(output);
      if (output !== undefined && typeof made === "object") modes[output] = made.mode & 0o7777;
      return status;
    });
    machine.runUntilIdle();
    const paths = [...Object.keys(setting.files ?? {}), ...Object.values(redirections)];
    const sent = machine.trace.events({ name: "signal:signal_generate" });
    return {
      status: shell.exited === undefined ? undefined : (shell.returned as Plain),
      output: machine.readFile("/tmp/shown") ?? "",
      files: Object.fromEntries(paths.map((path) => [path, machine.readFile(path)])),
      modes,
      starts,
      pipes,
      ...seen,
      signals: sent.map(({ fields }) => fields["sig"]),
    };
  });
}

function stage(path: string, ...args: readonly string[]) {
  return { path, argv: [path.slice(path.lastIndexOf("/") + 1), ...args] };
}

/** The descriptors of the calling process that are open. */
function* openOf(sys: SystemCalls) {
  const open: number[] = [];
  for (let fd = 0; fd < DESCRIPTORS; fd++) {
    if ((yield* sys.fcntl(fd, F_GETFD)) >= 0) open.push(fd);
  }
  return open;
}

/** The inode of the pipe that a descriptor leads to. */
function* pipeOf(sys: SystemCalls, fd: number) {
  const status = yield* sys.fstat(fd);
  return typeof status === "object" && (status.mode & S_IFMT) === S_IFIFO ? status.ino : undefined;
}

/** Whether each stage but one writes a pipe that one other stage reads. */
function areJoined(stages: readonly PipeEnds[]): boolean {
  const readers = new Set(stages.flatMap(({ reads }) => reads ?? []));
  const writers = new Set(stages.flatMap(({ writes }) => writes ?? []));
  const joined = [...writers].filter((pipe) => readers.has(pipe));
  return joined.length === stages.length - 1;
}

function installStages(machine: Machine, starts: number[][], pipes: PipeEnds[]): void {
  const install = (name: string, body: UserProgram) => {
    machine.install(`/bin/${name}`, function* begin(sys, argv, env) {
      starts.push(yield* openOf(sys));
      pipes.push({ reads: yield* pipeOf(sys, 0), writes: yield* pipeOf(sys, 1) });
      return yield* body(sys, argv, env) as Generator<UserRequest, unknown, number>;
    });
  };
  install("shift", function* shift(sys, argv) {
    for (;;) {
      const bytes = yield* sys.read(0, 4096);
      if (typeof bytes === "number" || bytes.length === 0) return 0;
      const text = String.fromCharCode(...bytes);
      yield* sys.write(1, shifted(text, Number(argv[1])));
    }
  });
  install("say", function* say(sys, argv) {
    yield* sys.write(1, argv.slice(1).join(" "));
    return 0;
  });
  install("pour", function* pour(sys, argv) {
    const total = Number(argv[1]);
    const block = new Uint8Array(32_768);
    for (let written = 0; written < total; ) {
      const done = yield* sys.write(1, block.subarray(0, Math.min(block.length, total - written)));
      if (done < 0) return 1;
      written += done;
    }
    return 0;
  });
  install("copy", function* copy(sys) {
    for (;;) {
      const bytes = yield* sys.read(0, 32_768);
      if (typeof bytes === "number" || bytes.length === 0) return 0;
      for (let at = 0; at < bytes.length; ) {
        const done = yield* sys.write(1, bytes.subarray(at));
        if (done < 0) return 1;
        at += done;
      }
    }
  });
  install("count", function* count(sys) {
    let total = 0;
    for (;;) {
      const bytes = yield* sys.read(0, 65_536);
      if (typeof bytes === "number" || bytes.length === 0) break;
      total += bytes.length;
    }
    yield* sys.write(1, String(total));
    return 0;
  });
  /** Reads so many bytes, and leaves with this status. */
  install("leave", function* leave(sys, argv) {
    for (let left = Number(argv[1]); left > 0; ) {
      const bytes = yield* sys.read(0, left);
      if (typeof bytes === "number" || bytes.length === 0) break;
      left -= bytes.length;
    }
    return Number(argv[2]);
  });
  install("late", function* late(sys, argv) {
    yield* sys.nanosleep(50_000_000);
    return Number(argv[1]);
  });
  install("die", function* die(sys, argv) {
    const pid = yield* sys.getpid();
    yield* sys.kill(pid, Number(argv[1]));
    return 0;
  });
}

/** Caesar's cipher on small letters. */
function shifted(text: string, by: number): string {
  return text.replaceAll(/[a-z]/g, (letter) =>
    String.fromCharCode(97 + ((letter.charCodeAt(0) - 97 + by) % 26)),
  );
}

function randomText({ random }: TestContext, length: number): string {
  return Array.from({ length }, () => random.pick([..."abcxyz \n"])).join("");
}
