import { type Epitem, Eventpoll, epitemsOf } from "./eventpoll-item.ts";
import type { File } from "./fs.ts";

/** How deep epoll files may watch each other. */
const EP_MAX_NESTS = 4;
/** How many ways of each length may lead from a file up to an epoll file; of length 1 any number. */
const PATH_LIMITS: readonly number[] = Object.freeze([1000, 500, 100, 50, 10]);

/** The eventpoll of an epoll file, undefined for others (`is_file_epoll`). */
export function eventpollOf(file: File): Eventpoll | undefined {
  return file.privateData instanceof Eventpoll ? file.privateData : undefined;
}

/**
 * Whether epoll file `file` may watch epoll file `target`: not when that made a ring, or a chain of more than
 * five.
 *
 * @linux fs/eventpoll.c `ep_loop_check` (6.18)
 */
export function mayNest(file: File, target: File): boolean {
  const down = depthBelow(target, file, 0, new Map());
  if (down > EP_MAX_NESTS) return false;
  return down + 1 + depthAbove(file) <= EP_MAX_NESTS;
}

function depthBelow(file: File, from: File, depth: number, known: Map<File, number>): number {
  const before = known.get(file);
  if (before !== undefined) return before;
  known.set(file, 0);
  let deepest = 0;
  for (const { file: watched } of eventpollOf(file)!.allItems()) {
    if (eventpollOf(watched) === undefined) continue;
    if (watched === from || depth > EP_MAX_NESTS) deepest = EP_MAX_NESTS + 1;
    else deepest = Math.max(deepest, depthBelow(watched, from, depth + 1, known) + 1);
    if (deepest > EP_MAX_NESTS) break;
  }
  known.set(file, deepest);
  return deepest;
}

function depthAbove(file: File): number {
  let deepest = 0;
  for (const { ep } of epitemsOf(file)) deepest = Math.max(deepest, depthAbove(ep.file) + 1);
  return deepest;
}

/**
 * Whether too many ways would lead up from any file below `item`, each of which a wake-up has to go.
 *
 * @linux fs/eventpoll.c `reverse_path_check` (6.18)
 */
export function hasTooManyPaths(item: Epitem): boolean {
  for (const file of filesBelow(item.file, new Set())) {
    const counts = PATH_LIMITS.map(() => 0);
    if (!countPaths(file, 0, counts)) return true;
  }
  return false;
}

function filesBelow(file: File, seen: Set<File>): Set<File> {
  const ep = eventpollOf(file);
  if (ep === undefined) return seen.add(file);
  for (const item of ep.allItems()) {
    if (!seen.has(item.file)) filesBelow(item.file, seen);
  }
  return seen;
}

function countPaths(file: File, depth: number, counts: number[]): boolean {
  if (depth > EP_MAX_NESTS) return false;
  for (const { ep } of epitemsOf(file)) {
    if (epitemsOf(ep.file).size > 0) {
      if (!countPaths(ep.file, depth + 1, counts)) return false;
    } else if (depth > 0) {
      counts[depth]!++;
      if (counts[depth]! > PATH_LIMITS[depth]!) return false;
    }
  }
  return true;
}
