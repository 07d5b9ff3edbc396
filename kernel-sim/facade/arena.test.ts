import { expect, test } from "vitest";
import { boot, bpf } from "../index.ts";

const ADDRESS = 0x1000_0000_0000;
const BPF_F_MMAPABLE = 1 << 10;
const BPF_F_SEGV_ON_FAULT = 1 << 17;

/** Adds one to the first number of the second page, and answers it. */
const COUNT = `
  r1 = map[arena] ll
  r1 = 0x100000001000 ll
  r2 = addr_space_cast(r1, 0, 1)
  r0 = *(u32 *)(r2 + 0)
  r0 += 1
  *(u32 *)(r2 + 0) = r0
  exit
`;

function arenaOf(flags: number, mapExtra = ADDRESS) {
  const machine = boot({ seed: 1 });
  const arena = machine.bpf.createMap({
    ...{ type: "arena", keySize: 0, valueSize: 0, maxEntries: 2, flags, mapExtra, name: "arena" },
  });
  const load = () => {
    const loaded = machine.bpf.load({ type: "xdp", program: bpf.asm(COUNT), maps: { arena } });
    if (!loaded.ok) throw new Error(loaded.log);
    return loaded.prog;
  };
  return { arena, load };
}

test("a program and user space see the same pages, which come when user space touches them", () => {
  const { arena, load } = arenaOf(BPF_F_MMAPABLE);
  const program = load();
  const run = () => program.run({ dataIn: new Uint8Array(64) }).retval;
  // The page is not there: it reads as 0, and nothing is written.
  expect([run(), run()]).toEqual([1, 1]);
  const pages = arena.mmap({ isWritable: true });
  expect(pages.lengthBytes).toBe(8192);
  pages.write(4095, Uint8Array.of(0, 41, 0, 0, 0));
  expect([run(), run()]).toEqual([42, 43]);
  expect(pages.read(4096, 1)).toEqual(Uint8Array.of(43));
  expect(() => arena.mmap({ lengthBytes: 4096 })).toThrow(expect.objectContaining({ errno: 22 }));
});

test("an arena without an address gets one from mmap(), and pages do not come where they must not", () => {
  const { arena, load } = arenaOf(BPF_F_MMAPABLE | BPF_F_SEGV_ON_FAULT, 0);
  expect(load).toThrow(/arena's user address must be set via map_extra or mmap\(\)/);
  const pages = arena.mmap();
  expect(load).not.toThrow();
  expect(() => pages.read(0, 1)).toThrow(/SIGSEGV/);
});

test("what mmap() has made of an arena is all that programs have addresses of", () => {
  const machine = boot({ seed: 1 });
  const arena = machine.bpf.createMap({
    ...{ type: "arena", keySize: 0, valueSize: 0, maxEntries: 2, flags: BPF_F_MMAPABLE },
  });
  arena.mmap({ lengthBytes: 4096 });
  const load = (off: number) =>
    machine.bpf.load({
      ...{ type: "xdp", maps: { arena } },
      program: bpf.asm(`r1 = map_value[arena]+${off}; r0 = 0; exit`),
    });
  expect(load(4096).ok).toBe(true);
  expect(load(4097)).toMatchObject({ ok: false, errno: 34 });
  expect(arena.mmap().lengthBytes).toBe(4096);
});
