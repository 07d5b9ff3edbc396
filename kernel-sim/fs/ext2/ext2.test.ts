import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EEXIST, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EXDEV } from "../../include/errno.ts";
import { mkfsExt2 } from "./mkfs.ts";
import { DiskMachine } from "./test-disk.ts";

function formatted(size: number, blockSize: number): Uint8Array {
  const image = new Uint8Array(size);
  mkfsExt2(image, { blockSize, now: 1_764_547_200 });
  return image;
}

function mounted(size = 1 << 20, blockSize = 1024): DiskMachine {
  const machine = new DiskMachine(formatted(size, blockSize));
  expect(machine.mount()).toBe(0);
  return machine;
}

/** `n` bytes that differ from place to place. */
function pattern(n: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
}

test("a fresh file system has lost+found and nothing else", () => {
  expect(mounted().list("/")).toEqual(["lost+found"]);
});

test("reading a block that is not in memory takes the disk's time, the second time it does not", () => {
  const first = mounted();
  first.write("/f", 0, pattern(100, 1));
  first.umount();
  const machine = new DiskMachine(first.disk.bytes);
  machine.mount();
  const { kernel } = machine.task;
  const before = kernel.now();
  expect(machine.read("/f")).toEqual(pattern(100, 1));
  const after = kernel.now();
  expect(after - before).toBeGreaterThan(85_000);
  machine.read("/f");
  expect(kernel.now() - after).toBeLessThan(20_000);
});

test("what was not synced is not on the disk when the machine stops, what was is", () => {
  const machine = mounted();
  machine.write("/synced", 0, pattern(3000, 2));
  machine.call("sync");
  machine.write("/lost", 0, pattern(3000, 3));
  const again = new DiskMachine(machine.disk.bytes.slice());
  expect(again.mount()).toBe(0);
  expect(again.read("/synced")).toEqual(pattern(3000, 2));
  expect(again.read("/lost")).toBe(-ENOENT);
});

test.each([1024, 2048, 4096])(
  "a file reaches through all kinds of indirect blocks of %i bytes",
  (blockSize) => {
    const machine = mounted(4 << 20, blockSize);
    const pointers = blockSize / 4;
    const places = [0, 11, 12, 11 + pointers, 12 + pointers, 12 + pointers + pointers ** 2];
    for (const [i, n] of places.entries()) {
      expect(machine.write(`/f${i}`, n * blockSize, pattern(50, i))).toBe(50);
    }
    expect(machine.umount()).toBe(0);
    const again = new DiskMachine(machine.disk.bytes);
    again.mount();
    for (const [i, n] of places.entries()) {
      if (n * blockSize > 1 << 20) continue;
      const bytes = again.read(`/f${i}`) as Uint8Array;
      expect(bytes.length).toBe(n * blockSize + 50);
      expect(bytes.subarray(n * blockSize)).toEqual(pattern(50, i));
    }
  },
);

test("a full disk answers ENOSPC, and has room again when the file is gone", () => {
  const machine = mounted();
  const written = machine.write("/big", 0, pattern(2 << 20, 4));
  expect(written).toBeLessThan(1 << 20);
  expect(machine.write("/more", 0, pattern(10, 5))).toBe(-ENOSPC);
  expect(machine.call("unlink", machine.path("/big"))).toBe(0);
  expect(machine.write("/more", 0, pattern(100_000, 6))).toBe(100_000);
});

describe("names", () => {
  test.each([
    { name: "mkdir of what exists", call: "mkdir", path: "/lost+found", answer: -EEXIST },
    { name: "rmdir of what is missing", call: "rmdir", path: "/x", answer: -ENOENT },
    { name: "rmdir of a file", call: "rmdir", path: "/f", answer: -ENOTDIR },
    { name: "rmdir of a directory with names", call: "rmdir", path: "/d", answer: -ENOTEMPTY },
  ])("$name answers $answer", ({ call, path, answer }) => {
    const machine = mounted();
    machine.write("/f", 0, pattern(1, 0));
    machine.call("mkdir", machine.path("/d"), 0o755);
    machine.write("/d/g", 0, pattern(1, 0));
    expect(machine.call(call, machine.path(path), 0o755)).toBe(answer);
  });

  test("a rename to another file system answers EXDEV", () => {
    const machine = mounted();
    machine.write("/f", 0, pattern(1, 0));
    expect(machine.call("rename", machine.path("/f"), machine.text(1, "/f"))).toBe(-EXDEV);
  });
});

type Step =
  | { readonly kind: "write"; readonly name: string; readonly at: number; readonly n: number }
  | { readonly kind: "truncate"; readonly name: string; readonly size: number }
  | { readonly kind: "unlink" | "mkdir" | "rmdir"; readonly name: string }
  | { readonly kind: "rename" | "link"; readonly name: string; readonly to: string }
  | { readonly kind: "remount" };

const names = fc.constantFrom(
  "/a",
  "/b",
  "/d",
  "/d/a",
  "/d/e",
  "/d/e/a",
  "/long-name-of-a-file-0123456789",
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    name: names,
    at: fc.nat(20_000),
    n: fc.integer({ min: 1, max: 9000 }),
  }),
  fc.record({ kind: fc.constant("truncate" as const), name: names, size: fc.nat(20_000) }),
  fc.record({
    kind: fc.constantFrom("unlink" as const, "mkdir" as const, "rmdir" as const),
    name: names,
  }),
  fc.record({ kind: fc.constantFrom("rename" as const, "link" as const), name: names, to: names }),
  fc.record({ kind: fc.constant("remount" as const) }),
);

/** The same tree in plain objects: a directory is a Map, a file its bytes. */
type Node = Map<string, Node> | { bytes: Uint8Array };

class Model {
  readonly root = new Map<string, Node>();

  #find(path: string): {
    dir: Map<string, Node> | undefined;
    name: string;
    node: Node | undefined;
  } {
    const parts = path.split("/").slice(1);
    const name = parts.pop()!;
    let dir: Node | undefined = this.root;
    for (const part of parts) dir = dir instanceof Map ? dir.get(part) : undefined;
    return dir instanceof Map
      ? { dir, name, node: dir.get(name) }
      : { dir: undefined, name, node: undefined };
  }

  /** Whether the step works, and then does it. */
  apply(at: Exclude<Step, { kind: "remount" }>): boolean {
    const { dir, name, node } = this.#find(at.name);
    if (dir === undefined) return false;
    switch (at.kind) {
      case "write": {
        if (node instanceof Map) return false;
        const file = node ?? { bytes: new Uint8Array(0) };
        const bytes = new Uint8Array(Math.max(file.bytes.length, at.at + at.n));
        bytes.set(file.bytes);
        bytes.set(pattern(at.n, at.at), at.at);
        file.bytes = bytes;
        dir.set(name, file);
        return true;
      }
      case "truncate": {
        if (node === undefined || node instanceof Map) return false;
        const bytes = new Uint8Array(at.size);
        bytes.set(node.bytes.subarray(0, at.size));
        node.bytes = bytes;
        return true;
      }
      case "unlink":
        return node !== undefined && !(node instanceof Map) && dir.delete(name);
      case "mkdir":
        if (node !== undefined) return false;
        dir.set(name, new Map());
        return true;
      case "rmdir":
        return node instanceof Map && node.size === 0 && dir.delete(name);
      default:
        return this.#move(at.kind, dir, name, node, at.name, at.to);
    }
  }

  #move(
    kind: "rename" | "link",
    dir: Map<string, Node>,
    name: string,
    node: Node | undefined,
    from: string,
    to: string,
  ): boolean {
    const target = this.#find(to);
    if (node === undefined || target.dir === undefined) return false;
    if (kind === "link") {
      if (node instanceof Map || target.node !== undefined) return false;
      target.dir.set(target.name, node);
      return true;
    }
    if (target.node === node) return true;
    if (`${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`)) return false;
    if (target.node instanceof Map) {
      if (!(node instanceof Map) || target.node.size > 0) return false;
    } else if (target.node !== undefined && node instanceof Map) return false;
    dir.delete(name);
    target.dir.set(target.name, node);
    return true;
  }
}

function perform(machine: DiskMachine, at: Exclude<Step, { kind: "remount" }>): boolean {
  switch (at.kind) {
    case "write":
      return machine.write(at.name, at.at, pattern(at.n, at.at)) === at.n;
    case "truncate":
      return machine.call("truncate", machine.path(at.name), at.size) === 0;
    case "mkdir":
      return machine.call("mkdir", machine.path(at.name), 0o755) === 0;
    case "rename":
    case "link":
      return machine.call(at.kind, machine.path(at.name), machine.path(at.to, 1)) === 0;
    default:
      return machine.call(at.kind, machine.path(at.name)) === 0;
  }
}

function compare(machine: DiskMachine, path: string, dir: Map<string, Node>): void {
  const isRoot = path === "";
  const expected = [...dir.keys(), ...(isRoot ? ["lost+found"] : [])].sort();
  expect(machine.list(isRoot ? "/" : path)).toEqual(expected);
  for (const [name, node] of dir) {
    if (node instanceof Map) compare(machine, `${path}/${name}`, node);
    else expect(machine.read(`${path}/${name}`)).toEqual(node.bytes);
  }
}

test("behaves like a tree in memory, also after it was mounted again from the bytes of the disk", () => {
  const property = fc.property(
    fc.array(step, { maxLength: 40 }),
    fc.constantFrom(1024, 4096),
    (steps, blockSize) => {
      let machine = mounted(1 << 20, blockSize);
      const model = new Model();
      for (const at of steps) {
        if (at.kind === "remount") {
          expect(machine.umount()).toBe(0);
          machine = new DiskMachine(machine.disk.bytes);
          expect(machine.mount()).toBe(0);
        } else expect(perform(machine, at), JSON.stringify(at)).toBe(model.apply(at));
      }
      compare(machine, "", model.root);
    },
  );
  fc.assert(property, { numRuns: 30 });
});
