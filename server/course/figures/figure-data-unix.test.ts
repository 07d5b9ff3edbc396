import { expect, test } from "vitest";
import { descriptorStories } from "./descriptor-stories.ts";
import { elfMap } from "./elf-map.ts";
import { linkStories } from "./link-stories.ts";
import { pathStories } from "./path-stories.ts";
import { pipeStories } from "./pipe-stories.ts";
import { processStories } from "./process-stories.ts";

/** The open file that each descriptor of a process refers to. */
function table(story: number, moment: number, process: number): Record<number, number> {
  const found = descriptorStories()[story]?.moments[moment]?.processes[process]?.descriptors ?? [];
  return Object.fromEntries(found.map(({ fd, openFile }) => [fd, openFile]));
}

test("dup2 shares an open file, a second open does not", () => {
  const shared = table(0, 3, 0);
  expect(shared[5]).toBe(shared[3]);
  const opened = table(0, 5, 0);
  expect(opened[4]).not.toBe(opened[3]);
  const offsets = descriptorStories()[0]?.moments[5]?.openFiles.map(({ pos }) => pos);
  expect(offsets).toEqual([0, 10, 0]);
});

test("parent and child of a fork share the offset", () => {
  expect(table(1, 2, 0)).toEqual(table(1, 2, 1));
  const offsets = descriptorStories()[1]?.moments.map(({ openFiles }) => openFiles[1]?.pos);
  expect(offsets).toEqual([undefined, 0, 0, 4, 10, 10, 10]);
});

test("a redirection changes the child alone", () => {
  const [parent, child] = [table(2, 5, 0), table(2, 5, 1)];
  expect(parent[1]).toBe(parent[0]);
  expect(child[1]).not.toBe(child[0]);
  expect(child[3]).toBeUndefined();
});

test("walks over paths end as open(2) does", () => {
  const ends = pathStories().map(({ answer, moments }) => {
    const last = moments.at(-1);
    return [answer, last?.error === "" ? "0" : last?.error, last?.at];
  });
  expect(ends).toEqual([
    ["0", "0", "/home/ola/notes"],
    ["0", "0", "/etc/motd"],
    ["0", "0", "/home/ola/notes"],
    ["EACCES", "EACCES", "/home/ola/private"],
    ["ELOOP", "ELOOP", "/tmp"],
  ]);
  // path_resolution(7): forty links, and the next one fails.
  expect(pathStories()[4]?.moments.at(-2)?.links).toBe(40);
});

test("a pipe fills up to 64 KiB, and its writer sleeps, or is killed when nobody reads", () => {
  const [slowReader, slowWriter, broken] = pipeStories();
  expect(slowReader?.capacity).toBe(65_536);
  expect(Math.max(...(slowReader?.moments.map(({ level }) => level) ?? []))).toBe(65_536);
  expect(slowReader?.moments.some(({ writer }) => writer.state === "S")).toBe(true);
  expect(slowWriter?.moments.some(({ writer }) => writer.state === "S")).toBe(false);
  expect(slowWriter?.moments.some(({ reader }) => reader.state === "S")).toBe(true);
  expect(broken?.moments.at(-1)?.says).toContain("SIGPIPE");
});

test("an orphan gets init as its parent, and a zombie waits for its own", () => {
  const [orphan, zombie] = processStories();
  const parents = orphan?.moments.map(
    ({ processes }) => processes.find(({ comm }) => comm === "cc")?.ppid,
  );
  const make = orphan?.moments[2]?.processes.find(({ comm }) => comm === "make")?.pid;
  expect(parents).toEqual([undefined, undefined, make, 1, undefined]);
  const states = zombie?.moments.map(
    ({ processes }) => processes.find(({ comm }) => comm === "child")?.state,
  );
  expect(states).toEqual([undefined, "S", "Z", "Z", undefined, undefined]);
});

test("each loadable segment of the program has its mappings, and the last one zeros behind it", () => {
  const { segments, mappings, entry } = elfMap();
  const made = segments.map((_, place) =>
    mappings.filter(({ segment }) => segment === place).map(({ permissions }) => permissions),
  );
  expect(made).toEqual([["r-xp"], ["r--p"], ["rw-p", "rw-p"], []]);
  expect(mappings[0]?.from).toBeLessThanOrEqual(entry);
});

test("symbols are searched breadth first, preloaded libraries before all, and weak ones count", () => {
  const bound = linkStories().map(({ moments }) =>
    (moments.at(-1)?.bound ?? []).map(({ symbol, to }) => `${symbol} ${to}`),
  );
  expect(bound).toEqual([
    ["draw libui.so", "log libnet.so"],
    ["draw libui.so", "log libspy.so"],
    ["price libold.so"],
    ["draw libui.so", "log libnet.so"],
  ]);
});
