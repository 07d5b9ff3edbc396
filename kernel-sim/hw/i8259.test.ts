import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { I8259Pair } from "./i8259.ts";

const [MASTER, MASTER_DATA, SLAVE, SLAVE_DATA] = [0x20, 0x21, 0xa0, 0xa1];

/** Both chips as a PC sets them up: vectors from 0x30 and 0x38, nothing masked. */
function pair(icw4 = 1): I8259Pair {
  const pic = new I8259Pair();
  for (const [port, data, base, wire] of [
    [MASTER, MASTER_DATA, 0x30, 4],
    [SLAVE, SLAVE_DATA, 0x38, 2],
  ] as const) {
    pic.write(port, 0x11);
    pic.write(data, base);
    pic.write(data, wire);
    pic.write(data, icw4);
    pic.write(data, 0);
  }
  return pic;
}

/** The end of what is in service, as a kernel of 1991 told it. */
function eoi(pic: I8259Pair, vector: number): void {
  if (vector >= 0x38) pic.write(SLAVE, 0x20);
  pic.write(MASTER, 0x20);
}

/** IRQ 2 leads to the second chip, whose inputs so come between 1 and 3. */
const URGENCY = [0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7];

describe("two 8259As", () => {
  test("serve what waits by urgency, each once", () => {
    fc.assert(
      fc.property(fc.subarray(URGENCY), (irqs) => {
        const pic = pair();
        for (const irq of [...irqs].reverse()) pic.setIrq(irq, true);
        const served: number[] = [];
        while (pic.isPending) {
          const vector = pic.acknowledge();
          served.push(vector - 0x30);
          pic.setIrq(vector - 0x30, false);
          eoi(pic, vector);
        }
        expect(served).toEqual(irqs);
      }),
    );
  });

  test("let only the more urgent interrupt what is in service, and none that is masked", () => {
    const pic = pair();
    pic.setIrq(4, true);
    expect(pic.acknowledge()).toBe(0x34);
    pic.setIrq(6, true);
    expect(pic.isPending).toBe(false);
    pic.setIrq(3, true);
    expect(pic.isPending).toBe(true);
    pic.write(MASTER_DATA, 1 << 3);
    expect(pic.isPending).toBe(false);
    pic.write(MASTER_DATA, 0);
    expect(pic.acknowledge()).toBe(0x33);
    pic.write(MASTER, 0x0b);
    expect(pic.read(MASTER)).toBe((1 << 3) | (1 << 4));
    pic.write(MASTER, 0x0a);
    expect(pic.read(MASTER)).toBe(1 << 6);
    // Of these two the more urgent one ends first; then the other by its name.
    pic.write(MASTER, 0x20);
    pic.write(MASTER, 0x60 + 4);
    expect(pic.acknowledge()).toBe(0x36);
  });

  test("answer a request that has gone as input 7, of which nothing is in service", () => {
    const pic = pair();
    pic.setIrq(5, true);
    expect(pic.isPending).toBe(true);
    pic.setIrq(5, false);
    expect(pic.acknowledge()).toBe(0x37);
    pic.write(MASTER, 0x0b);
    expect(pic.read(MASTER)).toBe(0);
  });

  test("an edge asks once, a level as long as it stands", () => {
    const pic = pair();
    for (const [irq, port, bit] of [
      [10, 0x4d1, 1 << 2],
      [5, 0x4d0, 1 << 5],
    ] as const) {
      pic.setIrq(irq, true);
      eoi(pic, pic.acknowledge());
      expect(pic.isPending).toBe(false);
      pic.setIrq(irq, false);
      pic.write(port, bit);
      pic.setIrq(irq, true);
      for (let i = 0; i < 3; i++) {
        const vector = pic.acknowledge();
        expect(vector).toBe(0x30 + irq);
        eoi(pic, vector);
      }
      pic.setIrq(irq, false);
      expect(pic.isPending).toBe(false);
    }
  });

  test("with automatic EOI and rotation, who was served is the last", () => {
    const pic = pair(3);
    pic.write(MASTER, 0x80);
    for (const irq of [3, 4]) pic.setIrq(irq, true);
    expect(pic.acknowledge()).toBe(0x33);
    pic.setIrq(3, false);
    pic.setIrq(3, true);
    expect(pic.acknowledge()).toBe(0x34);
    expect(pic.acknowledge()).toBe(0x33);
  });

  test("in poll mode a read is the acknowledge", () => {
    const pic = pair();
    pic.setIrq(6, true);
    pic.write(MASTER, 0x0c);
    expect(pic.read(MASTER)).toBe(0x86);
    pic.write(MASTER, 0x0c);
    expect(pic.read(MASTER)).toBe(0);
  });
});
