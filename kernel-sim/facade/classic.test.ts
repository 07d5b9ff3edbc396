import { expect, test } from "vitest";
import type { ClassicInsn } from "../api.ts";
import { boot, bpf } from "../index.ts";

/** What `tcpdump -dd tcp port 80` prints for Ethernet. */
const PORT_80: readonly ClassicInsn[] = [
  [0x28, 0, 0, 12],
  [0x15, 0, 6, 0x86dd],
  [0x30, 0, 0, 20],
  [0x15, 0, 15, 6],
  [0x28, 0, 0, 54],
  [0x15, 12, 0, 80],
  [0x28, 0, 0, 56],
  [0x15, 10, 11, 80],
  [0x15, 0, 10, 0x800],
  [0x30, 0, 0, 23],
  [0x15, 0, 8, 6],
  [0x28, 0, 0, 20],
  [0x45, 6, 0, 0x1fff],
  [0xb1, 0, 0, 14],
  [0x48, 0, 0, 14],
  [0x15, 2, 0, 80],
  [0x48, 0, 0, 16],
  [0x15, 0, 1, 80],
  [0x06, 0, 0, 262_144],
  [0x06, 0, 0, 0],
];

/** A TCP segment over IPv4. */
function segment(from: number, to: number): Uint8Array {
  const packet = new Uint8Array(54);
  const view = new DataView(packet.buffer);
  view.setUint16(12, 0x800);
  packet.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6], 14);
  view.setUint16(34, from);
  view.setUint16(36, to);
  return packet;
}

test("a filter is printed as tcpdump prints it", () => {
  const lines = bpf.classic.text(PORT_80).split("\n");
  expect(lines.slice(0, 2)).toEqual([
    "(000) ldh      [12]",
    "(001) jeq      #0x86dd          jt 2\tjf 8",
  ]);
  expect(lines.slice(12, 15)).toEqual([
    "(012) jset     #0x1fff          jt 19\tjf 13",
    "(013) ldxb     4*([14]&0xf)",
    "(014) ldh      [x + 14]",
  ]);
  expect(lines.at(-2)).toBe("(018) ret      #262144");
  const typeOfPacket: readonly ClassicInsn[] = [
    [0x28, 0, 0, 0xffff_f004],
    [0x07, 0, 0, 0],
  ];
  expect(bpf.classic.text(typeOfPacket)).toBe("(000) ldh      [type]\n(001) tax      ");
});

test("as the kernel translates it, it decides about packets", () => {
  const program = bpf.classic.convert(PORT_80);
  expect(program.text().split("\n").slice(0, 3)).toEqual(["w0 ^= w0", "w7 ^= w7", "r6 = r1"]);
  const machine = boot();
  const decide = (from: number, to: number) => machine.bpf.runClassic(PORT_80, segment(from, to));
  expect([decide(40_000, 80), decide(80, 40_000), decide(40_000, 443)]).toEqual([
    262_144, 262_144, 0,
  ]);
});

test("what the kernel would refuse is not translated", () => {
  expect(bpf.classic.check(PORT_80)).toBe(0);
  const endless: readonly ClassicInsn[] = [[0x28, 0, 0, 12]];
  expect(bpf.classic.check(endless)).toBe(22);
  expect(() => bpf.classic.convert(endless)).toThrow("refuses this classic program: EINVAL");
  expect(() => bpf.classic.text([[0x28, 0, 300, 12]])).toThrow("not [40,0,300,12]");
});
