import { AT_SYMLINK_NOFOLLOW, O_DIRECTORY } from "../../../include/uapi/fcntl.ts";
import type { Program } from "../../program.ts";
import type { SysCall } from "../../sys-port.ts";
import { fail, writeAll } from "../io.ts";
import { FindError, type FindPlan, type Search } from "./expression.ts";
import { parseFind } from "./parse.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const OUTPUT_CHARS = 4096;

/** find [-H | -L | -P] [path]... [expression] */
export const find: Program = function* find(sys, argv, env) {
  let at = 1;
  let isFollowing = false;
  for (; /^-[HLP]$/.test(argv[at] ?? ""); at++) isFollowing = argv[at] === "-L";
  const from = at;
  while (at < argv.length && !/^[-!(,]/.test(argv[at]!)) at++;
  const paths = argv.slice(from, at);
  let plan: FindPlan;
  try {
    plan = yield* parseFind(sys, argv.slice(at));
  } catch (error) {
    if (!(error instanceof FindError)) throw error;
    return yield* fail(sys, `find: ${error.message}`);
  }
  const nowNs = yield* sys.clock_gettime(0);
  const search: Search = {
    sys,
    env,
    nowNs,
    output: "",
    status: 0,
    isPruned: false,
    isOver: false,
  };
  for (const path of paths.length === 0 ? ["."] : paths) {
    const stripped = path.replace(/\/+$/, "") || path;
    const name = stripped === "/" ? "/" : stripped.slice(stripped.lastIndexOf("/") + 1);
    const walk = { plan, search, isFollowing, start: path, device: -1 };
    yield* visit(walk, path, name, 0);
  }
  for (const finish of plan.atEnd) yield* finish(search);
  yield* writeAll(sys, 1, search.output);
  return search.status;
};

interface Walk {
  readonly plan: FindPlan;
  readonly search: Search;
  readonly isFollowing: boolean;
  readonly start: string;
  /** Of the start, where a search stays on one. */
  device: number;
}

function* visit(walk: Walk, path: string, name: string, depth: number): SysCall<void> {
  const { plan, search, isFollowing, start } = walk;
  const { sys } = search;
  if (search.isOver) return;
  let stat = yield* sys.stat(path, isFollowing ? 0 : AT_SYMLINK_NOFOLLOW);
  if (typeof stat === "number" && isFollowing) stat = yield* sys.stat(path, AT_SYMLINK_NOFOLLOW);
  if (typeof stat === "number") {
    search.status = yield* tell(search, path, stat);
    return;
  }
  if (walk.device < 0) walk.device = stat.dev;
  const found = { path, name, stat, depth, start };
  search.isPruned = false;
  if (!plan.isDepthFirst && depth >= plan.minDepth) yield* plan.test(found, search);
  const isEntered =
    (stat.mode & S_IFMT) === S_IFDIR &&
    depth < plan.maxDepth &&
    !(search.isPruned && !plan.isDepthFirst) &&
    !(plan.isOneDevice && stat.dev !== walk.device);
  if (isEntered && !search.isOver) {
    const fd = yield* sys.open(path, O_DIRECTORY);
    const entries = fd < 0 ? fd : yield* sys.readdir(fd);
    if (fd >= 0) yield* sys.close(fd);
    if (typeof entries === "number") search.status = yield* tell(search, path, entries);
    else {
      const base = path.endsWith("/") ? path : `${path}/`;
      for (const entry of entries) yield* visit(walk, base + entry, entry, depth + 1);
    }
  }
  if (plan.isDepthFirst && depth >= plan.minDepth && !search.isOver) {
    yield* plan.test(found, search);
  }
  if (search.output.length >= OUTPUT_CHARS) {
    yield* writeAll(sys, 1, search.output);
    search.output = "";
  }
}

/** What has been found comes before what went wrong. */
function* tell(search: Search, path: string, errno: number): SysCall {
  yield* writeAll(search.sys, 1, search.output);
  search.output = "";
  return yield* fail(search.sys, `find: '${path}'`, errno);
}
