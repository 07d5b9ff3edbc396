import { exercise, type TestContext } from "exercise";
import { type BpfProg, boot, type Program } from "kernel-sim";

const INVALID = 0xffffffff;

export default exercise("loops-and-calls", ({ test }) => {
  test("accepted", async (context) => {
    const { player, check } = context;
    const program = await player.program("countOptions");
    check(
      program.insns.length <= 64,
      `countOptions has ${program.insns.length} slots; 64 are allowed.`,
    );
    check(hasSubprogram(program), "countOptions calls no subprogram of its own.");
    const report = boot({ seed: 1 }).bpf.verify({ type: "xdp", program });
    check(report.ok, `The verifier refuses countOptions: ${report.error}`);
    check(
      report.insnsProcessed < 10_000,
      `The verifier processed ${report.insnsProcessed} instructions; less than 10000 are asked for.`,
    );
    const prog = await loaded(context);
    check(
      prog.run({ dataIn: frameOf([], 60) }).retval === 0,
      "An empty list has no options: the answer is 0.",
    );
  });

  test("valid-lists", async (context) => {
    const { random, check } = context;
    const prog = await loaded(context);
    for (let i = 0; i < 200; i++) {
      const list = validList(context);
      const frame = frameOf(list, 15 + list.length + random.int(0, 20));
      check(
        prog.run({ dataIn: frame }).retval === expected(frame),
        "A valid list is not counted right.",
      );
    }
  });

  test("invalid-lists", async (context) => {
    const { random, check } = context;
    const prog = await loaded(context);
    const seen = { valid: 0, invalid: 0 };
    for (let i = 0; i < 300; i++) {
      const list = validList(context);
      const spoil = random.int(0, 5);
      if (spoil === 0 && list.length > 1) list[random.int(0, list.length - 1)] = random.int(0, 255);
      if (spoil === 1)
        list.splice(random.int(0, list.length), 0, random.int(2, 255), random.int(0, 3));
      if (spoil === 2) list.push(random.int(2, 255));
      if (spoil === 3) list.push(random.int(2, 255), random.int(3, 255));
      const frame = frameOf(list.slice(0, 60), random.int(15, 100));
      if (spoil === 4) frame[14] = random.int(0, 255);
      const wanted = expected(frame);
      seen[wanted === INVALID ? "invalid" : "valid"]++;
      check(
        prog.run({ dataIn: frame }).retval === wanted,
        wanted === INVALID
          ? "An invalid list is not answered with 0xffffffff."
          : "A list that only looks odd is valid and must be counted.",
      );
    }
    if (seen.valid < 30 || seen.invalid < 30) throw new Error("the generator is one-sided");
  });
});

async function loaded({ player, check }: TestContext): Promise<BpfProg> {
  const program = await player.program("countOptions");
  const { bpf } = boot({ seed: 1 });
  // Its log is most of what a verification costs, and only wanted of a refusal.
  const result = bpf.load({ type: "xdp", program, logLevel: 0 });
  if (result.ok) return result.prog;
  const { error } = bpf.verify({ type: "xdp", program });
  check(false, `The verifier refuses countOptions: ${error || result.errnoName}`);
  throw new Error("unreachable");
}

/** BPF_CALL with src_reg BPF_PSEUDO_CALL. */
function hasSubprogram({ insns }: Program): boolean {
  return insns.some((insn) => insn.code === 0x85 && insn.srcReg === 1);
}

function validList({ random }: TestContext): number[] {
  const list: number[] = [];
  const length = random.int(0, 40);
  while (list.length < length) {
    const room = length - list.length;
    const kind = random.pick([0, 1, 1, 2, 3, random.int(2, 255), random.int(2, 255)]);
    if (kind === 0 && random.int(0, 2) > 0) continue;
    if (kind === 0) {
      list.push(0, ...random.bytes(room - 1));
    } else if (kind === 1 || room < 2) {
      list.push(1);
    } else {
      const bytes = random.int(2, Math.min(room, random.pick([2, 4, 10, 40])));
      list.push(kind, bytes, ...random.bytes(bytes - 2));
    }
  }
  return list;
}

function frameOf(list: readonly number[], bytes: number): Uint8Array {
  const frame = new Uint8Array(Math.max(bytes, 15));
  frame[14] = list.length;
  frame.set(list.slice(0, frame.length - 15), 15);
  return frame;
}

function expected(frame: Uint8Array): number {
  const length = frame[14] ?? 0;
  if (length > 40 || frame.length < 15 + length) return INVALID;
  const list = frame.subarray(15, 15 + length);
  let count = 0;
  for (let at = 0; at < length; ) {
    const kind = list[at] ?? 0;
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const bytes = list[at + 1];
    // The length byte itself may lie outside the list.
    if (bytes === undefined || bytes < 2 || at + bytes > length) return INVALID;
    count++;
    at += bytes;
  }
  return count;
}
