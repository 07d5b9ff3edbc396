import type { DescriptorMoment, DescriptorStory } from "#notebook/document";

export const ROW = 22;
export const WIDTH = 840;
const TOP = 28;
const GAP = 14;
/** An open file has a line for its name and one for offset and flags. */
export const FILE_HEIGHT = 44;

export interface TableBox {
  readonly pid: number;
  readonly y: number;
  /** All descriptors that the process has at any moment. */
  readonly fds: readonly number[];
}

export interface FileBox {
  readonly id: number;
  readonly y: number;
}

export interface InodeBox {
  readonly ino: number;
  readonly path: string;
  readonly y: number;
}

/** Where everything of a story stands: the same place at all moments. */
export interface DescriptorLayout {
  readonly height: number;
  readonly tables: readonly TableBox[];
  readonly files: readonly FileBox[];
  readonly inodes: readonly InodeBox[];
}

export function layoutDescriptors({ moments }: DescriptorStory): DescriptorLayout {
  const fds = new Map<number, Set<number>>();
  const ids = new Set<number>();
  const inodes = new Map<number, string>();
  for (const { processes, openFiles } of moments) {
    for (const { pid, descriptors } of processes) {
      const known = fds.get(pid) ?? new Set();
      for (const { fd } of descriptors) known.add(fd);
      fds.set(pid, known);
    }
    for (const { id, ino, path } of openFiles) {
      ids.add(id);
      inodes.set(ino, path);
    }
  }
  let y = TOP;
  const tables = [...fds].map(([pid, known]) => {
    const box = { pid, y, fds: [...known].sort((a, b) => a - b) };
    y += (box.fds.length + 1) * ROW + GAP;
    return box;
  });
  const files = [...ids].map((id, place) => ({ id, y: TOP + place * (FILE_HEIGHT + GAP) }));
  return {
    tables,
    files,
    inodes: [...inodes].map(([ino, path], place) => ({
      ...{ ino, path },
      y: TOP + place * (FILE_HEIGHT + GAP),
    })),
    height: Math.max(y, TOP + files.length * (FILE_HEIGHT + GAP)),
  };
}

/** How many descriptors point to an open file. */
export function holders(moment: DescriptorMoment, id: number): number {
  return moment.processes.reduce(
    (sum, { descriptors }) => sum + descriptors.filter(({ openFile }) => openFile === id).length,
    0,
  );
}

/** Which descriptors and open files differ from the moment before: `2:3` and `file 2`. */
export function changes(before: DescriptorMoment | undefined, now: DescriptorMoment): Set<string> {
  if (before === undefined) return new Set();
  const was = facts(before);
  return new Set(
    [...facts(now)].filter(([key, fact]) => was.get(key) !== fact).map(([key]) => key),
  );
}

function facts({ processes, openFiles }: DescriptorMoment): Map<string, string> {
  const known = new Map<string, string>();
  for (const { pid, comm, descriptors } of processes) {
    known.set(`process ${pid}`, comm);
    for (const { fd, openFile } of descriptors) known.set(`${pid}:${fd}`, String(openFile));
  }
  for (const { id, pos } of openFiles) known.set(`file ${id}`, String(pos));
  return known;
}
