import { exercise, type Plain, type TestContext } from "exercise";
import { boot, type SystemCalls, type UserRequest } from "kernel-sim";

const O_PATH = 0o10000000;
const O_NOFOLLOW = 0o400000;
const O_CREAT = 0o100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const NAMES = ["a", "b", "c", "d"] as const;
const QUERIES = 150;

interface Inode {
  readonly type: "directory" | "file" | "symlink";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly entries?: Record<string, number>;
  readonly parent?: number;
  readonly target?: string;
}

interface Place {
  readonly mount: number;
  readonly ino: number;
}

interface Mount {
  readonly fileSystem: { readonly inodes: Inode[]; readonly root: number };
  readonly on?: Place;
  /** Where it is in the machine, for us. */
  readonly path: string;
}

interface Query {
  readonly path: string;
  readonly followLast: boolean;
}

/** What a world consists of. */
interface Taste {
  readonly links?: boolean;
  readonly mounts?: number;
  readonly modes?: boolean;
}

export default exercise("namei", ({ test }) => {
  test("names", async (context) => {
    const long = "n".repeat(256);
    await compare(context, {}, [
      ...["", "/", "//", "/.", "a/", "a//b", "x", "/x/", ".", "./", "/a/x/b", "//a//b//"],
      ...["x".repeat(255), long, `a/${long}`, `x/${long}`, `${"./".repeat(2047)}a`],
      `${"./".repeat(2048)}a`,
    ]);
  });

  test("dots", async (context) => {
    await compare(
      context,
      { links: true },
      ["..", "/..", "../..", "/../a", "a/../a", "a/..", "/l20/"],
      3,
    );
  });

  test("links", async (context) => {
    await compare(context, { links: true }, chainQueries());
  });

  test("mounts", async (context) => {
    await compare(context, { mounts: 4 }, ["..", "../..", "/a/..", "/a/../a"], 2);
    await compare(context, { mounts: 3, links: true }, ["../../..", "/l20/"], 2);
  });

  test("permission", async (context) => {
    await compare(context, { modes: true }, [".", "./.", "..", "a/.", "a/.."]);
    await compare(context, { modes: true, links: true, mounts: 2 }, ["/l20/"], 1, 0);
  });
});

/** Asks the student's function and a kernel about the same paths. `dots` makes dot-dot more likely. */
async function compare(
  context: TestContext,
  taste: Taste,
  always: readonly string[],
  dots = 1,
  uid = 1000,
): Promise<void> {
  const { random, player, check } = context;
  const mounts = worldOf(context, taste);
  const caller = { uid, gid: 100 };
  const cwd = random.pick(directoriesOf(mounts));
  const queries: Query[] = always.flatMap((path) =>
    [true, false].map((followLast) => ({ path, followLast })),
  );
  while (queries.length < QUERIES) {
    queries.push({ path: pathOf(context, dots), followLast: random.int(0, 2) > 0 });
  }
  const truth = askKernel(random.int(1, 1 << 30), mounts, caller, cwd, queries);
  const world = { mounts: mounts.map(({ fileSystem, on }) => ({ fileSystem, on })) };
  const outcomes = await player.callBatch(
    "resolve",
    queries.map(({ path, followLast }) => [
      world as unknown as Plain,
      caller,
      cwd as unknown as Plain,
      path,
      followLast,
    ]),
  );
  outcomes.forEach((outcome, i) => {
    check(outcome.kind === "returned", "resolve threw an error.");
    const wanted = truth[i];
    const given = outcome.kind === "returned" ? outcome.value : undefined;
    if (typeof wanted === "number") {
      check(given === wanted, hintFor(wanted, given));
    } else {
      const place = given as unknown as Place | null | undefined;
      check(
        typeof given !== "number",
        `A path that leads somewhere is refused with ${String(given)}.`,
      );
      check(
        place?.mount === wanted?.mount && place?.ino === wanted?.ino,
        "A path leads to another place than on Linux.",
      );
    }
  });
}

function hintFor(wanted: number, given: Plain): string {
  const what = typeof given === "number" ? `answered with ${given}` : "answered with a place";
  return `A path that Linux refuses with ${wanted} is ${what}.`;
}

function pathOf({ random }: TestContext, dots: number): string {
  let path = random.pick(["", "", "", "/", "//"]);
  const length = random.int(1, 6);
  for (let i = 0; i < length; i++) {
    const isDots = random.int(0, 9) < dots * 2;
    path += isDots ? random.pick(["..", "..", "."]) : random.pick(NAMES);
    if (i < length - 1) path += random.pick(["/", "/", "/", "//"]);
  }
  return path + random.pick(["", "", "", "/", "/."]);
}

/** l0 is a directory, each next one a link to the one before: l40 takes 40 links. */
function chainQueries(): string[] {
  return [
    "/l39",
    "/l40",
    "/l41",
    "/l40/a",
    "/l41/a",
    "/l20/../l20",
    "/l20/",
    "/l20/../l21",
    "/loop",
    "/loop/a",
  ];
}

function worldOf(context: TestContext, taste: Taste): Mount[] {
  const { random } = context;
  const mounts: Mount[] = [{ fileSystem: fileSystemOf(context, taste), path: "/mnt" }];
  if (taste.links === true) addChain(mounts[0] as Mount);
  for (let i = 1; i <= (taste.mounts ?? 0); i++) {
    // The second one on top of the first.
    const isOnTop = i === 2 && mounts.length > 1;
    const below = isOnTop ? (mounts[1] as Mount) : random.pick(mounts);
    const parent = mounts.indexOf(below);
    const { inodes, root } = below.fileSystem;
    const free = [...inodes.keys()].filter(
      (ino) =>
        inodes[ino]?.type === "directory" &&
        (isOnTop ? ino === root : ino !== root) &&
        !mounts.some(({ on }) => on?.mount === parent && on.ino === ino),
    );
    const ino = free.length > 0 ? random.pick(free) : undefined;
    // Only what can be seen can be mounted on.
    if (ino === undefined || isCovered(mounts, { mount: parent, ino })) continue;
    mounts.push({
      fileSystem: fileSystemOf(context, taste),
      on: { mount: parent, ino },
      path: pathIn(below, ino),
    });
  }
  return mounts;
}

/** Whether a mount on the way hides this place from a walk by names. */
function isCovered(mounts: readonly Mount[], { mount, ino }: Place): boolean {
  const { inodes } = (mounts[mount] as Mount).fileSystem;
  for (let at = ino; ; ) {
    if (mounts.some(({ on }) => on?.mount === mount && on.ino === at)) return true;
    const parent = inodes[at]?.parent ?? at;
    if (parent === at) break;
    at = parent;
  }
  const { on } = mounts[mount] as Mount;
  if (on === undefined) return false;
  // The place that it is mounted on is covered by itself; what is above must not be.
  const above = (mounts[on.mount] as Mount).fileSystem.inodes[on.ino]?.parent ?? on.ino;
  return above !== on.ino && isCovered(mounts, { mount: on.mount, ino: above });
}

function fileSystemOf({ random }: TestContext, { links, modes }: Taste): Mount["fileSystem"] {
  const inodes: Inode[] = [];
  const make = (depth: number, parent: number): number => {
    const ino = inodes.length;
    const entries: Record<string, number> = {};
    inodes.push({ type: "directory", ...owner(), mode: mode(), entries, parent });
    for (const name of NAMES) {
      const kind = random.pick(["directory", "directory", "file", "link", "none"]);
      if (kind === "directory" && depth < 3) entries[name] = make(depth + 1, ino);
      else if (kind === "link" && links === true) {
        entries[name] = inodes.length;
        inodes.push({ type: "symlink", ...owner(), mode: 0o777, target: target() });
      } else if (kind !== "none") {
        entries[name] = inodes.length;
        inodes.push({ type: "file", ...owner(), mode: 0o644 });
      }
    }
    return ino;
  };
  const owner = () =>
    modes === true
      ? { uid: random.pick([0, 1000, 1001]), gid: random.pick([0, 100, 101]) }
      : { uid: 0, gid: 0 };
  const mode = () =>
    modes === true
      ? random.pick([0o755, 0o755, 0o711, 0o744, 0o700, 0o070, 0o007, 0o766, 0o677, 0o111])
      : 0o755;
  const target = () => {
    const path = Array.from({ length: random.int(1, 3) }, () => random.pick([...NAMES, "..", "."]));
    return random.pick(["", "", "/", "../"]) + path.join("/") + random.pick(["", "", "", "/"]);
  };
  make(0, 0);
  return { inodes, root: 0 };
}

function addChain({ fileSystem: { inodes, root } }: Mount): void {
  const { entries = {} } = inodes[root] as Inode;
  const add = (name: string, inode: Omit<Inode, "uid" | "gid" | "mode">) => {
    entries[name] = inodes.length;
    inodes.push({ ...inode, uid: 0, gid: 0, mode: 0o755 });
  };
  add("l0", { type: "directory", entries: {}, parent: root });
  for (let i = 1; i <= 41; i++) add(`l${i}`, { type: "symlink", target: `l${i - 1}` });
  add("loop", { type: "symlink", target: "loop" });
}

function directoriesOf(mounts: readonly Mount[]): Place[] {
  return mounts.flatMap(({ fileSystem: { inodes } }, mount) =>
    [...inodes.keys()]
      .filter((ino) => inodes[ino]?.type === "directory")
      .map((ino) => ({ mount, ino }))
      .filter((place) => !isCovered(mounts, place)),
  );
}

/** The path of an inode in the machine, by the names of one mount. */
function pathIn({ fileSystem: { inodes, root }, path }: Mount, ino: number): string {
  if (ino === root) return path;
  for (const [at, { entries = {}, type }] of inodes.entries()) {
    if (type !== "directory") continue;
    for (const [name, child] of Object.entries(entries)) {
      if (child === ino) return `${pathIn({ fileSystem: { inodes, root }, path }, at)}/${name}`;
    }
  }
  return path;
}

/** What `open` finds on a machine with the same files. */
function askKernel(
  seed: number,
  mounts: readonly Mount[],
  caller: { readonly uid: number; readonly gid: number },
  cwd: Place,
  queries: readonly Query[],
): readonly (Place | number | undefined)[] {
  const machine = boot({ seed });
  const places = new Map<string, Place>();
  return machine.run(function* oracle(sys) {
    for (const [mount, { path }] of mounts.entries()) {
      yield* sys.call("mount", "none", path, "tmpfs", 0, "");
      yield* build(sys, mounts[mount] as Mount, mount, places);
    }
    yield* sys.call("chroot", "/mnt");
    const inside = pathIn(mounts[cwd.mount] as Mount, cwd.ino).slice("/mnt".length);
    yield* sys.chdir(inside === "" ? "/" : inside);
    yield* sys.call("setgroups", 0, null);
    yield* sys.call("setgid", caller.gid);
    yield* sys.call("setuid", caller.uid);
    const answers: (Place | number | undefined)[] = [];
    for (const { path, followLast } of queries) {
      const fd = yield* sys.open(path, O_PATH | (followLast ? 0 : O_NOFOLLOW));
      const status = fd < 0 ? fd : yield* sys.fstat(fd);
      if (fd >= 0) yield* sys.close(fd);
      answers.push(typeof status === "number" ? status : places.get(`${status.dev}:${status.ino}`));
    }
    return answers;
  }) as readonly (Place | number | undefined)[];
}

function* build(
  sys: SystemCalls,
  mount: Mount,
  index: number,
  places: Map<string, Place>,
): Generator<UserRequest, void, number> {
  for (const [ino, inode] of mount.fileSystem.inodes.entries()) {
    const path = pathIn(mount, ino);
    if (inode.type === "directory") yield* sys.mkdir(path);
    else if (inode.type === "symlink") yield* sys.symlink(inode.target ?? "", path);
    else yield* sys.close(yield* sys.open(path, O_CREAT, 0o644));
    yield* sys.call("lchown", path, inode.uid, inode.gid);
    if (inode.type !== "symlink") yield* sys.chmod(path, inode.mode);
    const status = yield* sys.stat(path, AT_SYMLINK_NOFOLLOW);
    if (typeof status !== "number") {
      places.set(`${status.dev}:${status.ino}`, { mount: index, ino });
    }
  }
}
