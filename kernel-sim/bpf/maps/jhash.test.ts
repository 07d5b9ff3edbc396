import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";

test.each([1, 3, 4, 5, 8, 12, 13, 16, 24, 25, 37, 64, 70])(
  "compiled programs find keys of %i bytes where system calls put them",
  (keySize) => {
    const machine = boot();
    const map = machine.bpf.createMap({ type: "hash", keySize, valueSize: 8, maxEntries: 32 });
    const keys = Array.from({ length: 32 }, (_, n) =>
      Uint8Array.from({ length: keySize }, (_, i) => (n * 8 + i * 31) & 0xff),
    );
    for (const [n, key] of keys.entries()) expect(map.update(key, n + 1)).toBe(0);
    const program = bpf.asm`
      r2 = 0
      r3 = r10
      r3 += -80
      r4 = ${keySize}
      call bpf_skb_load_bytes
      r1 = map[map]
      r2 = r10
      r2 += -80
      call bpf_map_lookup_elem
      if r0 == 0 goto out
      r0 = *(u64 *)(r0 +0)
    out:
      exit
    `;
    const loaded = machine.bpf.mustLoad({ type: "sched_cls", program, maps: { map } });
    const found = keys.map((key) => {
      const dataIn = new Uint8Array(100);
      dataIn.set(key);
      // More rounds than it takes for the program to be compiled.
      return loaded.run({ dataIn, repeat: 200 }).retval;
    });
    expect(found).toEqual(keys.map((_, n) => n + 1));
  },
);
