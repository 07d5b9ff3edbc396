import fc from "fast-check";
import { expect, test } from "vitest";
import { boot } from "../../index.ts";

function machineWith(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  return boot({ seed: 1, disk: { model: "ssd", fileSystem: "minix", sizeMiB: 2, files } });
}

test("files, directories, names of 14 characters, and no longer ones", () => {
  const machine = machineWith({ "a/b/file": "hello\n" });
  const shell = machine.spawn("/bin/sh", {
    argv: [
      "sh",
      "-c",
      `cd /mnt; cat a/b/file; echo x > fourteen-chars; echo y > fifteen--chars-; ls -a; mkdir d; ln fourteen-chars d/l
mv d/l d/m; ls -i d fourteen-chars | tr -s ' '; rm fourteen-chars; cat d/m; rmdir d; rm d/m; rmdir d; ls; ln -s a/b/file link; cat link`,
    ],
  });
  machine.runUntilIdle();
  expect(shell.output).toBe(`hello
sh: 1: cannot create fifteen--chars-: File name too long
.
..
a
fourteen-chars
5 fourteen-chars

d:
5 m
x
rmdir: failed to remove 'd': Directory not empty
a
hello
`);
});

test("what is on the medium is MINIX's layout", () => {
  const machine = machineWith({ f: "x".repeat(3000) });
  const { sector } = machine.disk!;
  const word = (bytes: Uint8Array, at: number) => bytes[at]! + bytes[at + 1]! * 256;
  const superBlock = sector(2);
  expect(word(superBlock, 16)).toBe(0x137f);
  expect(word(superBlock, 2)).toBe(2048);
  const first = word(superBlock, 8);
  const root = sector(first * 2);
  expect(String.fromCharCode(...root.subarray(34, 36))).toBe("f\0");
  const ino = word(root, 32);
  const table = 2 + word(superBlock, 4) + word(superBlock, 6);
  const inode = sector(table * 2).subarray((ino - 1) * 32, ino * 32);
  expect(word(inode, 4)).toBe(3000);
  expect(sector(word(inode, 14) * 2)[0]).toBe("x".charCodeAt(0));
});

test("a file reaches through one and two levels of zone numbers, and gives all back", () => {
  const size = 700 * 1024;
  const data = new Uint8Array(size).map((_, i) => ((i >> 10) % 255) + 1);
  const machine = machineWith({ data });
  const bytes = machine.run(function* (sys) {
    const fd = yield* sys.open("/mnt/data");
    const found: number[] = [];
    for (const block of [0, 6, 7, 518, 519, 699]) {
      const buffer = new Uint8Array(1);
      yield* sys.call("pread64", fd, buffer, 1, block * 1024 + 5);
      found.push(buffer[0]!);
    }
    return found;
  });
  expect(bytes).toEqual([0, 6, 7, 518, 519, 699].map((block) => (block % 255) + 1));
  const free = () =>
    machine.run(function* (sys) {
      const buffer = new Uint8Array(120);
      yield* sys.call("statfs", "/mnt", buffer);
      return new DataView(buffer.buffer).getUint32(24, true);
    }) as number;
  const before = free();
  machine.run((sys) => sys.unlink("/mnt/data"));
  // Its blocks, one of numbers, one of numbers of those, and the first of these.
  expect(free() - before).toBe(700 + 3);
});

test("behaves like a tree in memory, also after it was mounted again", () => {
  const step = fc.record({
    kind: fc.constantFrom("write", "remove", "truncate"),
    name: fc.constantFrom("a", "b", "c"),
    at: fc.integer({ min: 0, max: 20_000 }),
    size: fc.integer({ min: 1, max: 3000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const machine = machineWith();
      const model = new Map<string, Uint8Array>();
      machine.run(function* (sys) {
        for (const { kind, name, at, size } of steps) {
          const path = `/mnt/${name}`;
          if (kind === "remove") {
            yield* sys.unlink(path);
            model.delete(name);
            continue;
          }
          const old = model.get(name);
          if (kind === "truncate") {
            if ((yield* sys.call("truncate", path, size)) < 0) continue;
            const bytes = new Uint8Array(size);
            bytes.set(old!.subarray(0, size));
            model.set(name, bytes);
            continue;
          }
          const fd = yield* sys.open(path, 0o102, 0o644);
          const data = new Uint8Array(size).fill((at & 0x7f) + 1);
          yield* sys.call("pwrite64", fd, data, size, at);
          yield* sys.close(fd);
          const bytes = new Uint8Array(Math.max(old?.length ?? 0, at + size));
          bytes.set(old ?? []);
          bytes.set(data, at);
          model.set(name, bytes);
        }
        yield* sys.call("umount2", "/mnt", 0);
      });
      machine.runUntilIdle();
      const found = machine.run(function* (sys) {
        yield* sys.call("mount", "/dev/nvme0n1", "/mnt", "minix", 0, 0);
        const files: [string, Uint8Array][] = [];
        for (const name of ["a", "b", "c"]) {
          const fd = yield* sys.open(`/mnt/${name}`);
          if (fd < 0) continue;
          const bytes = yield* sys.read(fd, 100_000);
          files.push([name, typeof bytes === "number" ? new Uint8Array(0) : bytes.slice()]);
        }
        return files;
      }) as [string, Uint8Array][];
      expect(found).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
    { numRuns: 25 },
  );
});
