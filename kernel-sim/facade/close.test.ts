import { expect, test } from "vitest";
import { boot, bpf } from "../index.ts";

test("a map that is closed stays as long as a program holds it, and a program as long as it hangs somewhere", () => {
  const machine = boot({ seed: 1 });
  const calls = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const program = bpf.asm(`
    r1 = map_value[calls]+0
    r2 = 1
    lock *(u64 *)(r1 +0) += r2
    r0 = *(u64 *)(r1 +0)
    exit`);
  const prog = machine.bpf.mustLoad({ type: "kprobe", program, maps: { calls } });
  calls.close();
  expect(() => calls.lookup(0)).toThrow(/was closed/);
  expect(() => calls.close()).toThrow(/was closed/);
  const link = prog.attach("do_exit");
  prog.close();
  expect(() => prog.xlated()).not.toThrow();
  expect(() => prog.attach("do_exit")).toThrow(/was closed/);
  machine.spawn("/bin/true", { argv: ["true"] });
  machine.runUntilIdle();
  expect(link.runs).toBe(1);
});

test("memory of a map that is closed stays where it is", () => {
  const { bpf } = boot({ seed: 1 });
  const attr = { type: "array", keySize: 4, valueSize: 8, maxEntries: 1, flags: 1024 } as const;
  const map = bpf.createMap(attr);
  const memory = map.mmap({ isWritable: true });
  map.close();
  bpf.createMap(attr).update(0, 9);
  memory.write(0, Uint8Array.of(7));
  expect(memory.read(0, 1)).toEqual(Uint8Array.of(7));
});

test("what is closed gives its memory back", () => {
  const { bpf } = boot({ seed: 1 });
  // More than there is at once.
  for (let i = 0; i < 80; i++) {
    const big = { type: "array", keySize: 4, valueSize: 1 << 20, maxEntries: 16 } as const;
    bpf.createMap(big).close();
  }
});
