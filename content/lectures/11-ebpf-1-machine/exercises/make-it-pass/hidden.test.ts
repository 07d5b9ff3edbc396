import { exercise, type TestContext } from "exercise";
import { type BpfMap, boot, bpf, type Insn, type Machine, type Program } from "kernel-sim";

/** The programs as they were handed out, to count what was changed. */
const GIVEN: Readonly<Record<string, Program>> = {
  bump: bpf.asm`
    *(u32 *)(r10 -4) = 0
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    r1 = *(u64 *)(r0 +0)
    r1 += 1
    *(u64 *)(r0 +0) = r1
    r0 = 1
    exit`,
  destination: bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r0 = 0
    r4 = r2
    r4 += 30
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 +30)
  out:
    exit`,
  pick: bpf.asm`
    r1 = map_value[config]+0
    r6 = *(u64 *)(r1 +0)
    r0 = 0
    if r6 s> 15 goto out
    r1 = map_value[table]+0
    r1 += r6
    r0 = *(u8 *)(r1 +0)
  out:
    exit`,
  lengthIfSeen: bpf.asm`
    r5 = r1
    *(u32 *)(r10 -4) = 0
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u32 *)(r5 +0)
  out:
    exit`,
  afterOptions: bpf.asm`
    r2 = *(u32 *)(r1 +0)
    r3 = *(u32 *)(r1 +4)
    r0 = 0
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u8 *)(r2 +14)
    r5 &= 15
    r5 <<= 2
    r2 += r5
    r0 = *(u8 *)(r2 +14)
  out:
    exit`,
  sum: bpf.asm`
    r1 = map_value[config]+0
    r6 = *(u64 *)(r1 +0)
    r7 = map_value[table]+0
    r0 = 0
    r8 = 0
  again:
    if r8 >= r6 goto out
    r1 = r7
    r1 += r8
    r2 = *(u8 *)(r1 +0)
    r0 += r2
    r8 += 1
    goto again
  out:
    exit`,
};

export default exercise("make-it-pass", ({ test }) => {
  test("bump", async (context) => {
    const { random, check } = context;
    const machine = boot({ seed: random.int(1, 1 << 30) });
    const counts = hash(machine);
    const run = await loaded(context, machine, "bump", "socket_filter", 2, { counts });
    check(run(random.bytes(64)) === 0, "bump must answer 0 when the map has no counter.");
    check(counts.entries().length === 0, "bump made a counter where there was none.");
    let value = random.bigint(0n, 1n << 40n);
    counts.update(0, value);
    for (let i = 0; i < 20; i++) {
      check(run(random.bytes(64)) === 1, "bump must answer 1 when there is a counter.");
      check(counts.lookupUint(0) === ++value, "bump must add one to the counter each time.");
    }
  });

  test("destination", async (context) => {
    const { random, check } = context;
    const run = await loaded(context, boot({ seed: 1 }), "destination", "xdp", 2, {});
    for (let i = 0; i < 80; i++) {
      const frame = random.bytes(random.pick([14, 30, 33, 34, 35, random.int(14, 80)]));
      const wanted = frame.length < 34 ? 0 : new DataView(frame.buffer).getUint32(30, true);
      check(
        run(frame) === wanted,
        "destination answers another word than the one at offset 30, or not 0 for a short frame.",
      );
    }
  });

  test("pick", async (context) => {
    const { random, check } = context;
    const { machine, config, table, maps } = tables();
    const run = await loaded(context, machine, "pick", "socket_filter", 2, maps);
    for (let i = 0; i < 100; i++) {
      const bytes = random.bytes(16).map((byte) => byte | 1);
      const index = random.pick([
        0n,
        15n,
        16n,
        BigInt(random.int(0, 20)),
        random.bigint(0n, (1n << 64n) - 1n),
      ]);
      table.update(0, bytes);
      config.update(0, index);
      const wanted = index > 15n ? 0 : bytes[Number(index)];
      check(
        run(random.bytes(64)) === wanted,
        "pick answers a wrong byte. Try indexes 15, 16 and 2^63.",
      );
    }
  });

  test("length-if-seen", async (context) => {
    const { random, check } = context;
    const machine = boot({ seed: random.int(1, 1 << 30) });
    const counts = hash(machine);
    const run = await loaded(context, machine, "lengthIfSeen", "socket_filter", 3, { counts });
    const twin = machine.bpf.mustLoad({
      type: "socket_filter",
      program: bpf.asm`r0 = *(u32 *)(r1 +0); exit`,
    });
    for (let i = 0; i < 60; i++) {
      const isSeen = random.int(0, 1) === 1;
      if (isSeen) counts.update(0, 1n);
      else counts.delete(0);
      const dataIn = random.bytes(random.int(14, 200));
      const wanted = isSeen ? twin.run({ dataIn }).retval : 0;
      check(
        run(dataIn) === wanted,
        "lengthIfSeen must answer the packet's length when the key is there, and 0 when it is not.",
      );
    }
  });

  test("after-options", async (context) => {
    const { random, check } = context;
    const run = await loaded(context, boot({ seed: 1 }), "afterOptions", "xdp", 4, {});
    for (let i = 0; i < 120; i++) {
      const words = random.int(0, 15);
      const at = 14 + 4 * words;
      const frame = random.bytes(
        random.pick([33, 34, at, at + 1, at + 2, random.int(15, 90)].map((n) => Math.max(n, 15))),
      );
      frame[14] = 0x40 | words;
      const wanted = frame.length < 34 || frame.length <= at ? 0 : frame[at];
      check(
        run(frame) === wanted,
        "afterOptions is wrong for some header length or for a frame that ends early.",
      );
    }
  });

  test("sum", async (context) => {
    const { random, check } = context;
    const { machine, config, table, maps } = tables();
    const run = await loaded(context, machine, "sum", "socket_filter", 3, maps);
    for (let i = 0; i < 100; i++) {
      const bytes = random.bytes(16);
      const n = random.pick([
        0n,
        1n,
        15n,
        16n,
        17n,
        BigInt(random.int(0, 16)),
        random.bigint(0n, (1n << 64n) - 1n),
      ]);
      table.update(0, bytes);
      config.update(0, n);
      const wanted = bytes
        .slice(0, n > 16n ? 16 : Number(n))
        .reduce((total, byte) => total + byte, 0);
      check(run(random.bytes(64)) === wanted, "sum is wrong. Try n = 0, 15, 16, 17 and 2^63.");
    }
  });
});

async function loaded(
  { player, check }: TestContext,
  machine: Machine,
  name: string,
  type: string,
  editsAllowed: number,
  maps: Record<string, BpfMap>,
): Promise<(dataIn: Uint8Array) => number> {
  const program = await player.program(name);
  const edits = distance(instructions(GIVEN[name]), instructions(program));
  check(
    edits <= editsAllowed,
    `${name} differs from the given program in ${edits} instructions; ${editsAllowed} are allowed.`,
  );
  const result = machine.bpf.load({ type, program, maps });
  if (!result.ok) {
    check(false, `The verifier refuses ${name}: ${result.error || result.errnoName}`);
    throw new Error("unreachable");
  }
  const { prog } = result;
  return (dataIn) => prog.run({ dataIn }).retval;
}

/** Each instruction as text; jump distances left out, since they move when a line is added. */
function instructions(program: Program | undefined): string[] {
  if (program === undefined) return [];
  const { insns } = program;
  const texts: string[] = [];
  for (let slot = 0; slot < insns.length; slot++) {
    const { code, dstReg, srcReg, off, imm } = insns[slot] as Insn;
    const isJump = (code & 7) === 5 || (code & 7) === 6;
    const isMapLoad = code === 0x18 && srcReg !== 0;
    const where = isMapLoad ? `map ${program.mapNames[imm]}` : imm;
    texts.push(`${code} ${dstReg} ${srcReg} ${isJump ? "" : off} ${where}`);
    if (code === 0x18) slot++;
  }
  return texts;
}

/** Levenshtein: how many instructions were changed, added or removed. */
function distance(a: readonly string[], b: readonly string[]): number {
  let row = b.map((_, j) => j + 1);
  row.unshift(0);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

function hash(machine: Machine): BpfMap {
  return machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 });
}

function tables() {
  const machine = boot({ seed: 1 });
  const config = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const table = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  return { machine, config, table, maps: { config, table } };
}
