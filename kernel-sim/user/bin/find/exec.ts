import type { SysCall } from "../../sys-port.ts";
import { writeAll } from "../io.ts";
import { become } from "../run.ts";
import type { Predicate, Search } from "./expression.ts";

/** Paths that `{} +` hands over at once. */
const BATCH = 5000;

/** `-exec command ;` for each file, `-exec command {} +` for many at once. */
export function execAction(
  words: readonly string[],
  isMany: boolean,
): { readonly test: Predicate; readonly atEnd: (search: Search) => SysCall<void> } {
  let paths: string[] = [];
  const runAll = function* (search: Search): SysCall<void> {
    if (paths.length === 0) return;
    const argv = [...words.slice(0, -1), ...paths];
    paths = [];
    if ((yield* run(search, argv)) !== 0) search.status = 1;
  };
  const test: Predicate = function* ({ path }, search) {
    if (!isMany)
      return (
        (yield* run(
          search,
          words.map((word) => word.replaceAll("{}", path)),
        )) === 0
      );
    paths.push(path);
    if (paths.length >= BATCH) yield* runAll(search);
    return true;
  };
  return { test, atEnd: runAll };
}

/** What has been printed comes before what the command prints. */
function* run(search: Search, argv: readonly string[]): SysCall {
  const { sys, env } = search;
  yield* writeAll(sys, 1, search.output);
  search.output = "";
  const pid = yield* sys.vfork(function* child(own) {
    yield* own.exit(yield* become(own, "find", argv, env));
  });
  const ended = pid < 0 ? pid : yield* sys.wait4(pid);
  return typeof ended === "number" ? 1 : (ended.exited ?? 1);
}
