import { exercise, type TestContext } from "exercise";
import { type BpfMap, type BpfProg, boot } from "kernel-sim";

const XDP_PASS = 2;

export default exercise("three-small-programs", ({ test }) => {
  test("counts-by-protocol", async (context) => {
    const { random, check } = context;
    const { prog, counts } = await counting(context);
    const expected = new Map<number, bigint>();
    for (let i = 0; i < 120; i++) {
      const protocol = random.pick([1, 6, 6, 17, 17, 0, 255, random.int(0, 255)]);
      expected.set(protocol, (expected.get(protocol) ?? 0n) + 1n);
      const answer = prog.run({ dataIn: ipv4(context, { protocol }) }).retval;
      check(answer === XDP_PASS, "countByProtocol did not answer XDP_PASS for a whole packet.");
    }
    for (let protocol = 0; protocol < 256; protocol++) {
      check(
        counts.lookupUint(protocol) === (expected.get(protocol) ?? 0n),
        "A counter is not the number of whole IPv4 packets of its protocol. Which byte is the protocol, and is the key four bytes wide?",
      );
    }
  });

  test("ignores-the-rest", async (context) => {
    const { random, check } = context;
    const { prog, counts } = await counting(context);
    for (let i = 0; i < 60; i++) {
      const whole = ipv4(context, { protocol: 17 });
      const rest = random.pick([
        whole.slice(0, random.int(14, 33)),
        withEtherType(whole, random.pick([0x0806, 0x86dd, 0x0008, 0x8100])),
      ]);
      const answer = prog.run({ dataIn: rest }).retval;
      check(answer === XDP_PASS, "A truncated or foreign frame was not answered with XDP_PASS.");
    }
    check(
      counts.entries().every((entry) => entry.value.every((byte) => byte === 0)),
      "A truncated or foreign frame was counted. Is the ether type compared as it lies in the packet?",
    );
    prog.run({ dataIn: ipv4(context, { protocol: 17 }).slice(0, 34) });
    check(
      counts.lookupUint(17) === 1n,
      "A frame of exactly 34 bytes is whole and must be counted.",
    );
  });

  test("sums-the-header", async (context) => {
    const { random, check } = context;
    const prog = await loaded(context, "headerChecksum", 40);
    for (let i = 0; i < 150; i++) {
      const frame = ipv4(context, { protocol: random.int(0, 255) });
      // Small words first: their sum stays below 16 bits.
      if (i < 50) for (let at = 16; at < 34; at += 2) frame[at] = random.int(0, 7);
      checkSum(context, prog, frame);
    }
    const short = ipv4(context, { protocol: 6 }).slice(0, random.int(14, 33));
    check(
      prog.run({ dataIn: short }).retval === 0xffffffff,
      "A frame without a whole header must answer 0xffffffff.",
    );
  });

  test("keeps-the-carry", async (context) => {
    const { random } = context;
    const prog = await loaded(context, "headerChecksum", 40);
    for (let i = 0; i < 150; i++) {
      const frame = ipv4(context, { protocol: 255 });
      for (let at = 14; at < 34; at++)
        frame[at] = random.pick([0xff, 0xff, 0xfe, random.int(0, 255)]);
      checkSum(context, prog, frame);
    }
    const edge = ipv4(context, { protocol: 0 });
    for (const fill of [0x00, 0xff]) {
      edge.fill(fill, 14, 34);
      checkSum(context, prog, edge);
    }
  });

  test("port-in-host-order", async (context) => {
    const { random, check } = context;
    const prog = await loaded(context, "destinationPort", 40);
    for (let i = 0; i < 200; i++) {
      const protocol = random.pick([6, 17, 6, 17, 1, random.int(0, 255)]);
      const words = random.pick([5, 5, 6, 15, random.int(0, 15)]);
      const port = random.int(0, 65535);
      let frame = ipv4(context, { protocol, words, port });
      if (random.int(0, 3) === 0) frame = frame.slice(0, random.int(14, frame.length));
      if (random.int(0, 7) === 0) frame = withEtherType(frame, 0x86dd);
      check(
        prog.run({ dataIn: frame }).retval === expectedPort(frame),
        "A port is wrong. Try options (a header of more than 20 bytes), a frame that ends before the ports, and the byte order.",
      );
    }
  });
});

async function counting(context: TestContext): Promise<{ prog: BpfProg; counts: BpfMap }> {
  const machine = boot({ seed: context.random.int(1, 1 << 30) });
  const counts = machine.bpf.createMap({
    type: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 256,
  });
  return { prog: await loaded(context, "countByProtocol", 24, machine, { counts }), counts };
}

async function loaded(
  { player, check }: TestContext,
  name: string,
  slots: number,
  machine = boot({ seed: 1 }),
  maps: Record<string, BpfMap> = {},
): Promise<BpfProg> {
  const program = await player.program(name);
  check(
    program.insns.length <= slots,
    `${name} has ${program.insns.length} slots; ${slots} are allowed.`,
  );
  const result = machine.bpf.load({ type: "xdp", program, maps });
  if (!result.ok) {
    check(false, `The verifier refuses ${name}: ${result.error || result.errnoName}`);
    throw new Error("unreachable");
  }
  return result.prog;
}

interface Shape {
  readonly protocol: number;
  /** The header's length in words of 4 bytes. */
  readonly words?: number;
  readonly port?: number;
}

function ipv4({ random }: TestContext, { protocol, words = 5, port = 80 }: Shape): Uint8Array {
  const headerBytes = Math.max(words, 5) * 4;
  const frame = random.bytes(14 + headerBytes + 20);
  frame[12] = 0x08;
  frame[13] = 0x00;
  frame[14] = 0x40 | words;
  frame[23] = protocol;
  frame[14 + words * 4 + 2] = port >> 8;
  frame[14 + words * 4 + 3] = port & 0xff;
  // With fewer than five words the port above fell into the header: these two must stay.
  frame[14] = 0x40 | words;
  frame[23] = protocol;
  return frame;
}

function withEtherType(frame: Uint8Array, etherType: number): Uint8Array {
  const changed = frame.slice();
  changed[12] = etherType >> 8;
  changed[13] = etherType & 0xff;
  return changed;
}

function checkSum({ check }: TestContext, prog: BpfProg, frame: Uint8Array): void {
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += (frame[at] ?? 0) | ((frame[at + 1] ?? 0) << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  check(
    prog.run({ dataIn: frame }).retval === (sum ^ 0xffff),
    "A checksum is wrong. Is every carry above 16 bits added back, and is the result complemented?",
  );
}

function expectedPort(frame: Uint8Array): number {
  if (frame.length < 34 || frame[12] !== 0x08 || frame[13] !== 0x00) return 0;
  const protocol = frame[23] ?? 0;
  const words = (frame[14] ?? 0) & 15;
  if ((protocol !== 6 && protocol !== 17) || words < 5) return 0;
  const at = 14 + words * 4;
  if (frame.length < at + 4) return 0;
  return ((frame[at + 2] ?? 0) << 8) | (frame[at + 3] ?? 0);
}
