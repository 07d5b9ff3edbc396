import type { FileStatus } from "../../../api-kernel.ts";
import { answer } from "../../sh/answer.ts";
import { matchesPattern } from "../../sh/pattern.ts";
import { escaped } from "../../sh/printf.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";
import { list } from "../files.ts";
import { fail } from "../io.ts";
import { changedMode, modeText } from "../mode.ts";
import { names } from "../names.ts";
import { translate } from "../regex.ts";
import { FindError, type Predicate } from "./expression.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
/** By what find calls them. */
const TYPES: Readonly<Record<string, number>> = {
  p: 0o010000,
  c: 0o020000,
  d: S_IFDIR,
  b: 0o060000,
  f: S_IFREG,
  l: 0o120000,
  s: 0o140000,
};
const UNITS: Readonly<Record<string, number>> = {
  "": 512,
  b: 512,
  c: 1,
  w: 2,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};
const DAY_NS = 86_400e9;
const MINUTE_NS = 60e9;

/** Reads the test or action `name`; `argument` takes its next word. */
export function* predicateOf(sys: Sys, name: string, argument: () => string): SysCall<Predicate> {
  switch (name) {
    case "-true":
      return holds(() => true);
    case "-false":
      return holds(() => false);
    case "-name":
    case "-iname": {
      const pattern = cased(argument(), name === "-iname");
      return holds((found) => matchesPattern(pattern, cased(found.name, name === "-iname")));
    }
    case "-path":
    case "-wholename":
    case "-ipath": {
      const pattern = cased(argument(), name === "-ipath");
      return holds((found) => matchesPattern(pattern, cased(found.path, name === "-ipath")));
    }
    case "-regex": {
      const pattern = new RegExp(`^(?:${translate(argument(), false)})$`);
      return holds((found) => pattern.test(found.path));
    }
    case "-type":
      return typeTest(argument());
    case "-size": {
      const text = argument();
      const unit = UNITS[/[a-zA-Z]$/.exec(text)?.[0] ?? ""];
      const compare = unit === undefined ? undefined : comparison(text.replace(/[a-zA-Z]$/, ""));
      if (unit === undefined || compare === undefined) {
        throw new FindError(`Invalid argument \`${text}' to -size`);
      }
      return holds(({ stat }) => compare(Math.ceil(stat.size / unit)));
    }
    case "-links":
    case "-inum":
    case "-uid":
    case "-gid": {
      const text = argument();
      const compare = comparison(text);
      if (compare === undefined) throw new FindError(`invalid argument \`${text}' to \`${name}'`);
      const field = { "-links": "nlink", "-inum": "ino", "-uid": "uid", "-gid": "gid" }[
        name
      ] as "uid";
      return holds(({ stat }) => compare(stat[field]));
    }
    case "-user":
    case "-group": {
      const isUser = name === "-user";
      const text = argument();
      const known = yield* names(sys, isUser ? "/etc/passwd" : "/etc/group");
      const id =
        [...known].find(([, each]) => each === text)?.[0] ??
        (/^\d+$/.test(text) ? Number(text) : undefined);
      if (id === undefined) {
        throw new FindError(
          isUser
            ? `'${text}' is not the name of a known user`
            : `'${text}' is not the name of an existing group`,
        );
      }
      return holds(({ stat }) => (isUser ? stat.uid : stat.gid) === id);
    }
    case "-nouser": {
      const known = yield* names(sys, "/etc/passwd");
      return holds(({ stat }) => !known.has(stat.uid));
    }
    case "-perm":
      return permTest(argument());
    case "-mtime":
    case "-mmin": {
      const text = argument();
      const compare = comparison(text);
      if (compare === undefined) throw new FindError(`invalid argument \`${text}' to \`${name}'`);
      const unit = name === "-mtime" ? DAY_NS : MINUTE_NS;
      return holds(({ stat }, search) => {
        const age = (search.nowNs - stat.mtimeNs) / unit;
        return compare(name === "-mtime" ? Math.floor(age) : Math.ceil(age));
      });
    }
    case "-newer":
    case "-samefile": {
      const other = argument();
      const status = yield* sys.stat(other);
      if (typeof status === "number") throw new FindError(`'${other}': No such file or directory`);
      if (name === "-newer") return holds(({ stat }) => stat.mtimeNs > status.mtimeNs);
      return holds(({ stat }) => stat.ino === status.ino && stat.dev === status.dev);
    }
    case "-empty":
      return function* ({ path, stat }) {
        const type = stat.mode & S_IFMT;
        if (type === S_IFREG) return stat.size === 0;
        return type === S_IFDIR && (yield* list(sys, path)).length === 0;
      };
    case "-readable":
    case "-writable":
    case "-executable": {
      const mode = { "-readable": 4, "-writable": 2, "-executable": 1 }[name]!;
      return function* ({ path }) {
        return (yield* sys.call("access", path, mode)) === 0;
      };
    }
    case "-prune":
      return holds((_found, search) => {
        search.isPruned = true;
        return true;
      });
    case "-quit":
      return holds((_found, search) => {
        search.isOver = true;
        return true;
      });
    case "-print":
      return print("\n");
    case "-print0":
      return print("\0");
    case "-printf":
      return yield* printf(sys, argument());
    case "-delete":
      return function* ({ path, stat }, search) {
        if (path === ".") return true;
        const isDirectory = (stat.mode & S_IFMT) === S_IFDIR;
        const done = isDirectory ? yield* sys.rmdir(path) : yield* sys.unlink(path);
        if (done < 0) search.status = yield* fail(sys, `find: cannot delete '${path}'`, done);
        return done === 0;
      };
    default:
      throw new FindError(`unknown predicate \`${name}'`);
  }
}

/** `-print` and `-print0`. */
export function print(end: string): Predicate {
  return holds(({ path }, search) => {
    search.output += path + end;
    return true;
  });
}

function holds(test: (...args: Parameters<Predicate>) => boolean): Predicate {
  return (found, search) => answer(test(found, search));
}

function cased(text: string, isFolded: boolean): string {
  return isFolded ? text.toLowerCase() : text;
}

/** `+n` more than n, `-n` less than n, `n` just as much. */
function comparison(text: string): ((value: number) => boolean) | undefined {
  const found = /^([-+]?)(\d+)$/.exec(text);
  if (found === null) return undefined;
  const n = Number(found[2]);
  if (found[1] === "+") return (value) => value > n;
  return found[1] === "-" ? (value) => value < n : (value) => value === n;
}

function typeTest(text: string): Predicate {
  const wanted = text.split(",").map((letter) => {
    const type = TYPES[letter];
    if (type === undefined) throw new FindError(`Unknown argument to -type: ${letter}`);
    return type;
  });
  return holds(({ stat }) => wanted.includes(stat.mode & S_IFMT));
}

/** `mode` just so, `-mode` all of its bits, `/mode` one of them. */
function permTest(text: string): Predicate {
  const kind = /^[-/]/.exec(text)?.[0] ?? "";
  const mode = changedMode(text.slice(kind.length), 0, 0);
  if (mode === undefined) throw new FindError(`invalid mode '${text}'`);
  return holds(({ stat }) => {
    const bits = stat.mode & 0o7777;
    if (kind === "-") return (bits & mode) === mode;
    return kind === "/" ? mode === 0 || (bits & mode) !== 0 : bits === mode;
  });
}

function* printf(sys: Sys, format: string): SysCall<Predicate> {
  const users = yield* names(sys, "/etc/passwd");
  const groups = yield* names(sys, "/etc/group");
  const plain = escaped(format).text;
  return function* ({ path, name, stat, depth, start }, search) {
    const link = yield* sys.readlink(path);
    const fields: Readonly<Record<string, string>> = {
      ...statFields(stat),
      p: path,
      f: name,
      h: path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".",
      H: start,
      P: path.slice(start.length).replace(/^\//, ""),
      d: String(depth),
      l: typeof link === "string" ? link : "",
      u: users.get(stat.uid) ?? String(stat.uid),
      g: groups.get(stat.gid) ?? String(stat.gid),
      "%": "%",
    };
    search.output += plain.replace(/%(-?\d*)([a-zA-Z%])/g, (all, width: string, letter: string) => {
      const value = fields[letter];
      if (value === undefined) return all;
      const size = Math.abs(Number(width || 0));
      return width.startsWith("-") ? value.padEnd(size) : value.padStart(size);
    });
    return true;
  };
}

function statFields(stat: FileStatus): Record<string, string> {
  const type = stat.mode & S_IFMT;
  return {
    s: String(stat.size),
    k: String(Math.ceil(stat.blocks / 2)),
    b: String(stat.blocks),
    m: (stat.mode & 0o7777).toString(8),
    M: modeText(stat.mode),
    n: String(stat.nlink),
    i: String(stat.ino),
    D: String(stat.dev),
    U: String(stat.uid),
    G: String(stat.gid),
    y: Object.keys(TYPES).find((letter) => TYPES[letter] === type) ?? "U",
  };
}
