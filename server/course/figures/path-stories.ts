import { boot, type SystemCall, type SystemCalls } from "#kernel-sim";
import type { FileKind, PathMoment, PathStory, TreeName } from "#notebook/document";

const ALA = 1000;
const OLA = 1001;
const O_PATH_NOFOLLOW = 0o10400000;
const AT_EMPTY_PATH = 0x1000;
const STATX_MNT_ID = 0x1000;
/** Where `struct statx` has the number of the mount. */
const STX_MNT_ID = 0x90;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_ISVTX = 0o1000;
const S_IFLNK = 0o120000;
const ENAMES: Readonly<Record<number, string>> = {
  2: "ENOENT",
  13: "EACCES",
  20: "ENOTDIR",
  40: "ELOOP",
};

interface Walk {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly path: string;
  /** The names that the picture shows. */
  readonly tree: readonly string[];
}

const WALKS: readonly Walk[] = [
  {
    id: "parent",
    title: "up and down again",
    hint: "Dot-dot is a name like any other: it is looked up in the directory where the walk stands.",
    path: "/home/ala/../ola/notes",
    tree: ["/home", "/home/ala", "/home/ala/notes", "/home/ola", "/home/ola/notes", "/mnt"],
  },
  {
    id: "mount",
    title: "across a mount",
    hint: "A file system is mounted on /mnt. Down into it, and up again: dot-dot at the root of a mount leaves it.",
    path: "/mnt/photos/../../etc/motd",
    tree: ["/etc", "/etc/motd", "/home", "/mnt", "/mnt/photos", "/mnt/photos/sea"],
  },
  {
    id: "links",
    title: "through symbolic links",
    hint: "The text of a link takes the link's place: relative to where the link lies, or from the root.",
    path: "/srv/today/cover",
    tree: [
      "/home",
      "/home/ola",
      "/home/ola/notes",
      "/srv",
      "/srv/2026",
      "/srv/2026/11",
      "/srv/2026/11/cover",
      "/srv/today",
    ],
  },
  {
    id: "permission",
    title: "where one may not search",
    hint: "Ala walks into a directory of Ola's. Only the right to search it counts, x, and it is asked for before the name.",
    path: "/home/ola/private/diary",
    tree: [
      "/home",
      "/home/ala",
      "/home/ola",
      "/home/ola/notes",
      "/home/ola/private",
      "/home/ola/private/diary",
    ],
  },
  {
    id: "loop",
    title: "a link to itself",
    hint: "Linux follows forty links in one walk, and no more.",
    path: "/tmp/me",
    tree: ["/home", "/tmp", "/tmp/me"],
  },
];

/** Walks that a process of Ala's makes, one component at a time, by opening each with O_PATH. */
export function pathStories(): readonly PathStory[] {
  const machine = boot({ seed: 3, cpus: 1 });
  machine.run(function* mkfs(sys) {
    yield* fill(sys);
  });
  const stories = WALKS.map((walk) => {
    const tree = machine.run(function* look(sys) {
      return yield* treeOf(sys, walk.tree);
    }) as TreeName[];
    const found = machine.run(
      function* namei(sys) {
        return yield* walkPath(sys, walk.path);
      },
      { uid: ALA, gid: ALA },
    ) as Pick<PathStory, "moments" | "answer">;
    const { id, title, hint, path } = walk;
    return { id, title, hint, path, tree, ...found };
  });
  machine.close();
  return stories;
}

function* fill(sys: SystemCalls): SystemCall<void> {
  for (const path of [
    "/home",
    "/home/ala",
    "/home/ola",
    "/home/ola/private",
    "/srv",
    "/srv/2026",
    "/srv/2026/11",
    "/mnt",
    "/etc",
  ]) {
    yield* sys.mkdir(path, 0o755);
  }
  yield* sys.call("mount", "tmpfs", "/mnt", "tmpfs", 0, null);
  yield* sys.mkdir("/mnt/photos", 0o755);
  for (const path of [
    "/home/ala/notes",
    "/home/ola/notes",
    "/home/ola/private/diary",
    "/srv/2026/11/cover-1",
    "/mnt/photos/sea",
    "/etc/motd",
  ]) {
    yield* sys.close(yield* sys.open(path, 0o101, 0o644));
  }
  yield* sys.unlink("/srv/2026/11/cover-1");
  yield* sys.symlink("2026/11", "/srv/today");
  yield* sys.symlink("/home/ola/notes", "/srv/2026/11/cover");
  yield* sys.symlink("me", "/tmp/me");
  for (const [path, uid] of [
    ["/home/ala", ALA],
    ["/home/ala/notes", ALA],
    ["/home/ola", OLA],
    ["/home/ola/notes", OLA],
    ["/home/ola/private", OLA],
    ["/home/ola/private/diary", OLA],
  ] as const) {
    yield* sys.call("chown", path, uid, uid);
  }
  yield* sys.chmod("/home/ola/private", 0o700);
}

interface Found {
  readonly fd: number;
  readonly kind: FileKind;
  readonly path: string;
  readonly mount: number;
  readonly target: string;
}

/** Opens one component without following it; a negative number when that fails. */
function* step(sys: SystemCalls, dir: number, name: string): SystemCall<Found | number> {
  const fd = yield* sys.openat(dir, name, O_PATH_NOFOLLOW);
  if (fd < 0) return fd;
  const status = new Uint8Array(256);
  yield* sys.call("statx", fd, "", AT_EMPTY_PATH, STATX_MNT_ID, status);
  const view = new DataView(status.buffer);
  const kind = kindOf(view.getUint16(0x1c, true));
  const target = new Uint8Array(256);
  const length = kind === "link" ? yield* sys.call("readlinkat", fd, "", target, 256) : 0;
  return {
    ...{ fd, kind },
    path: String(yield* sys.readlink(`/proc/self/fd/${fd}`)),
    mount: Number(view.getBigUint64(STX_MNT_ID, true)),
    target: new TextDecoder().decode(target.subarray(0, length)),
  };
}

function kindOf(mode: number): FileKind {
  const type = mode & S_IFMT;
  return type === S_IFDIR ? "directory" : type === S_IFLNK ? "link" : "file";
}

function* walkPath(
  sys: SystemCalls,
  path: string,
): SystemCall<Pick<PathStory, "moments" | "answer">> {
  const moments: PathMoment[] = [];
  const mounts: number[] = [];
  const mountNumber = (id: number) => {
    if (!mounts.includes(id)) mounts.push(id);
    return mounts.indexOf(id) + 1;
  };
  const root = yield* step(sys, -100, "/");
  if (typeof root === "number") return { moments, answer: errorName(root) };
  let here = root;
  let left = path.split("/").filter((name) => name !== "");
  let links = 0;
  let error = "";
  const note = (component: string, says: string) => {
    const remaining = left.join("/");
    moments.push({
      component,
      at: here.path,
      remaining,
      links,
      mount: mountNumber(here.mount),
      error,
      says,
    });
  };
  note("/", "The path begins with a slash: the walk begins at the root of this process.");
  while (left.length > 0 && error === "") {
    const [name = "", ...rest] = left;
    left = rest;
    const found = yield* step(sys, here.fd, name);
    if (typeof found === "number") {
      error = errorName(found);
      note(name, refusal(error, name, here.path));
    } else if (found.kind === "link") {
      links++;
      if (links > 40) {
        error = "ELOOP";
        note(name, `${name} is a symbolic link again, the forty-first: too many.`);
        break;
      }
      left = [...found.target.split("/").filter((part) => part !== ""), ...left];
      if (found.target.startsWith("/")) here = root;
      note(name, linkText(name, found.target, here.path));
    } else {
      const before = here;
      here = found;
      note(name, arrival(name, before, found));
    }
  }
  const answer = yield* sys.open(path);
  return { moments, answer: answer < 0 ? errorName(answer) : "0" };
}

function errorName(answer: number): string {
  return ENAMES[-answer] ?? String(answer);
}

function refusal(error: string, name: string, path: string): string {
  if (error === "EACCES") {
    return `To look up ${name}, the walk must search ${path}, and Ala has no x there. EACCES; whether ${name} exists is not told.`;
  }
  return `${name} in ${path}: ${error}.`;
}

function linkText(name: string, target: string, path: string): string {
  const from = target.startsWith("/")
    ? "it begins with a slash, so the walk goes on from the root"
    : `the walk goes on from ${path}`;
  return `${name} is a symbolic link. Its text, ${target}, takes its place: ${from}.`;
}

function arrival(name: string, before: Found, found: Found): string {
  const kind = found.kind === "file" ? "a file" : "a directory";
  if (found.mount === before.mount) {
    return name === ".."
      ? `Dot-dot in ${before.path} is its parent, ${found.path}.`
      : `${name} is found in ${before.path}: ${kind}, on the same mount.`;
  }
  return name === ".."
    ? `${before.path} is the root of its mount. Dot-dot steps over to the directory below it and then to that one's parent, ${found.path}.`
    : `${name} is found in ${before.path}. Something is mounted there, so the walk goes on in the root of that file system.`;
}

/** What `ls -lid` says about the root and each of `paths`. */
function* treeOf(sys: SystemCalls, paths: readonly string[]): SystemCall<TreeName[]> {
  const names: TreeName[] = [];
  let mount = 0;
  for (const path of ["/", ...paths]) {
    const found = yield* step(sys, -100, path);
    if (typeof found === "number") continue;
    const status = yield* sys.fstat(found.fd);
    yield* sys.close(found.fd);
    if (typeof status === "number") continue;
    if (path === "/") mount = found.mount;
    const isMount = found.mount !== mount && path === "/mnt";
    names.push({
      ...{ path, kind: found.kind, ino: status.ino },
      name: path === "/" ? "/" : path.slice(path.lastIndexOf("/") + 1),
      depth: path === "/" ? 0 : path.split("/").length - 1,
      mode: modeText(status.mode, found.kind),
      owner: status.uid === ALA ? "ala" : status.uid === OLA ? "ola" : "root",
      ...(found.kind === "link" ? { target: found.target } : {}),
      ...(isMount ? { mounted: "tmpfs" } : {}),
    });
  }
  return names;
}

function modeText(mode: number, kind: FileKind): string {
  const letters = Array.from("rwxrwxrwx", (letter, at) => ((mode >> (8 - at)) & 1 ? letter : "-"));
  // A directory where only a file's owner may take it out.
  if ((mode & S_ISVTX) !== 0) letters[8] = letters[8] === "x" ? "t" : "T";
  return `${{ directory: "d", link: "l", file: "-" }[kind]}${letters.join("")}`;
}
