import { exercise, type TestContext } from "exercise";
import { boot } from "kernel-sim";

const ENOENT = 2;
const ENOEXEC = 8;
const EACCES = 13;
const ELOOP = 40;

export default exercise("a-new-format", ({ test }) => {
  test("runs", async (context) => {
    const { random, check } = context;
    const word = () => random.pick(["a", "bb", "-c", "d e", ""]) + random.int(1, 99);
    for (let round = 0; round < 3; round++) {
      const args = Array.from({ length: random.int(0, 4) }, word);
      const name = word();
      const files = { "/bin/song": `KBK1 /bin/show\n${word()}`, "/bin/noisy": "KBK1 /bin/show -v" };
      const [song, noisy] = await execve(context, files, [
        ["/bin/song", name, ...args],
        ["/bin/noisy", name, ...args],
      ]);
      check(song?.argv?.[0] === "/bin/show", "The interpreter does not get its own path first.");
      check(song?.argv?.[1] === "/bin/song", "The interpreter does not get the path of the file.");
      check(song?.argv?.[2] === name, "The argv[0] of the caller is lost.");
      check(same(song?.argv?.slice(3), args), "The arguments of the caller are not kept.");
      check(
        same(noisy?.argv, ["/bin/show", "-v", "/bin/noisy", name, ...args]),
        "The argument of the header does not stand between interpreter and file.",
      );
      check(song?.home === "/home/ala", "The environment is not kept.");
    }
  });

  test("others", async (context) => {
    const { check } = context;
    const files = {
      "/bin/hash": "#!/bin/show KBK1\n",
      "/bin/k12": "KBK12 /bin/show\n",
      "/bin/small": "kbk1 /bin/show\n",
      "/bin/short": "KBK",
      "/bin/empty": "",
      "/bin/later": "\nKBK1 /bin/show\n",
      "/bin/blank": " KBK1 /bin/show\n",
      "/bin/slash": "KBK1/bin/show\n",
      "/bin/.kbk1": "/bin/show\n",
    };
    const answers = await execve(context, files, [
      ["/bin/show", "x"],
      ...Object.keys(files).map((path) => [path, "x"]),
    ]);
    check(same(answers[0]?.argv, ["x"]), "An ELF file does not run as it did.");
    check(same(answers[1]?.argv, ["/bin/show", "KBK1", "/bin/hash"]), "A `#!` script goes wrong.");
    check(
      answers.slice(2).every(({ errno }) => errno === ENOEXEC),
      "A file of no known format must end in ENOEXEC.",
    );
  });

  test("header", async (context) => {
    const { random, check } = context;
    const blanks = () => random.pick([" ", "\t", "  ", " \t ", "\t\t"]);
    const cases: readonly (readonly [string, readonly string[] | number])[] = [
      [`KBK1${blanks()}/bin/show${blanks()}\n`, ["/bin/show"]],
      [`KBK1${blanks()}/bin/show${blanks()}-a${blanks()}\n`, ["/bin/show", "-a"]],
      [`KBK1${blanks()}/bin/show${blanks()}-a  b\tc${blanks()}\n`, ["/bin/show", "-a  b\tc"]],
      ["KBK1\n/bin/other", ["/bin/kbk"]],
      [`KBK1${blanks()}\n`, ["/bin/kbk"]],
      ["KBK1", ["/bin/kbk"]],
      [`KBK1${blanks()}/bin/show -z`, ["/bin/show", "-z"]],
      [`KBK1 /bin/show ${"x".repeat(240)}\n`, ["/bin/show", "x".repeat(240)]],
      [`KBK1 /bin/show ${"x".repeat(241)}\n`, ENOEXEC],
      [`KBK1 /bin/show ${"x".repeat(400)}`, ENOEXEC],
      ["KBK1 /bin/nowhere\n", ENOENT],
      ["KBK1 /etc/passwd\n", EACCES],
    ];
    const files = Object.fromEntries(cases.map(([text], i) => [`/bin/h${i}`, text]));
    const answers = await execve(
      context,
      files,
      cases.map((_, i) => [`/bin/h${i}`, "h"]),
    );
    for (const [i, [, wanted]] of cases.entries()) {
      const { argv, errno } = answers[i] ?? {};
      if (typeof wanted === "number") {
        check(errno === wanted, "A header that names nothing that can run gives a wrong errno.");
      } else {
        check(same(argv, [...wanted, `/bin/h${i}`, "h"]), "A header is not read as the task says.");
      }
    }
  });

  test("nesting", async (context) => {
    const { random, check } = context;
    const files: Record<string, string> = { "/bin/self": "KBK1 /bin/self\n" };
    const kinds = Array.from({ length: 6 }, (_, i) =>
      i === 1 ? "KBK1 " : random.pick(["#!", "KBK1 ", "KBK1 "]),
    );
    const below = (i: number) => (i === 0 ? "/bin/show" : `/bin/n${i - 1}`);
    for (const [i, kind] of kinds.entries()) files[`/bin/n${i}`] = `${kind}${below(i)} -${i}\n`;
    const calls = kinds.map((_, i) => [`/bin/n${i}`, "name", "x"]);
    const answers = await execve(context, files, [...calls, ["/bin/self", "self"]]);
    for (let most = 0; most < 5; most++) {
      let argv = ["name", "x"];
      for (let i = most; i >= 0; i--) {
        // `#!` drops what it finds as argv[0].
        const kept = kinds[i] === "#!" ? argv.slice(1) : argv;
        argv = [below(i), `-${i}`, `/bin/n${i}`, ...kept];
      }
      check(answers[most]?.errno === undefined, "Five interpreters in a row must run.");
      check(same(answers[most]?.argv, argv), "The arguments get mixed up when it nests.");
    }
    check(answers[5]?.errno === ELOOP, "Six interpreters in a row must end in ELOOP.");
    check(answers[6]?.errno === ELOOP, "A file that names itself must end in ELOOP.");
  });
});

interface Executed {
  /** What the program got that ran in the end. */
  readonly argv?: readonly string[];
  readonly home?: string | undefined;
  /** Why none did. */
  readonly errno?: number;
}

/** Calls execve for each of `calls`, [path, ...argv], on a machine with the student's handler. */
function execve(
  { player, random }: TestContext,
  files: Readonly<Record<string, string>>,
  calls: readonly (readonly string[])[],
): Promise<readonly Executed[]> {
  const seed = random.int(1, 1 << 30);
  return player.withCalls((ask) => {
    const machine = boot({ seed });
    const seen: Executed[] = [];
    for (const path of ["/bin/show", "/bin/kbk", "/bin/other"]) {
      machine.install(path, function* show(sys, argv, env) {
        yield* sys.getpid();
        seen.push({ argv, home: env["HOME"] });
        return 0;
      });
    }
    for (const [path, text] of Object.entries(files)) machine.writeFile(path, text, 0o755);
    const caller = machine.spawn(function* caller(sys) {
      const errnos: number[] = [];
      for (const [path = "", ...argv] of calls) {
        const pid = yield* sys.fork();
        if (pid === 0) yield* sys.exit(-(yield* sys.execve(path, argv, { HOME: "/home/ala" })));
        const end = yield* sys.wait4(pid);
        errnos.push(typeof end === "number" ? end : (end.exited ?? -1));
      }
      return errnos;
    });
    // It runs already: a handler that takes every file cannot take this one.
    machine.registerBinfmt("kbk1", ({ filename, interp, buf, argv }) => {
      const answer: unknown = ask("loadKbk1", { filename, interp, buf, argv });
      return answer as ReturnType<Parameters<typeof machine.registerBinfmt>[1]>;
    });
    machine.runUntilIdle();
    const errnos = caller.returned as readonly number[];
    return errnos.map((errno) => (errno === 0 ? (seen.shift() ?? {}) : { errno }));
  });
}

function same(given: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return given?.length === wanted.length && wanted.every((text, i) => text === given[i]);
}
