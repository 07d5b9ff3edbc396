import fc from "fast-check";
import { expect, test } from "vitest";
import { IoApic } from "./io-apic.ts";
import { LocalApic } from "./local-apic.ts";

const quiet = () => {};
const vector = fc.integer({ min: 16, max: 254 });

test("what waits is served in the order of its vectors, each once", () => {
  fc.assert(
    fc.property(fc.array(vector, { maxLength: 40 }), (vectors) => {
      const apic = new LocalApic(0, quiet);
      for (const one of vectors) apic.accept(one, false);
      const served: number[] = [];
      while (apic.pending() >= 0) {
        served.push(apic.acknowledge());
        apic.eoi();
      }
      expect(served).toEqual([...new Set(vectors)].sort((a, b) => b - a));
    }),
  );
});

test("only what is of a higher class interrupts what is in service, or the task priority", () => {
  fc.assert(
    fc.property(vector, vector, fc.integer({ min: 0, max: 255 }), (first, second, tpr) => {
      const apic = new LocalApic(0, quiet);
      apic.accept(first, false);
      expect(apic.acknowledge()).toBe(first);
      apic.tpr = tpr;
      apic.accept(second, false);
      const isHigher = second >> 4 > Math.max(first >> 4, tpr >> 4);
      expect(apic.pending()).toBe(isHigher ? second : -1);
      apic.eoi();
      expect(apic.pending()).toBe(second >> 4 > tpr >> 4 ? second : -1);
    }),
  );
});

test("a processor that asks for nothing gets the spurious vector, which is not in service", () => {
  const apic = new LocalApic(0, quiet);
  expect(apic.acknowledge()).toBe(0xff);
  expect(apic.isr.highest()).toBe(-1);
  apic.accept(8, false);
  expect([apic.pending(), apic.esr]).toEqual([-1, 0x40]);
});

/** An IO-APIC with one processor behind it. */
function machine(isLevel: boolean) {
  const apics: LocalApic[] = [];
  const ioApic = new IoApic(24, (to, what, level) => apics[to]!.accept(what, level));
  apics.push(new LocalApic(0, (what) => ioApic.eoi(what)));
  ioApic.program(9, 0x41, isLevel, 0);
  ioApic.setMask(9, false);
  return { apic: apics[0]!, ioApic };
}

test("a level is sent again until its device lets go", () => {
  const { apic, ioApic } = machine(true);
  ioApic.setPin(9, true);
  for (let i = 0; i < 3; i++) {
    expect(apic.acknowledge()).toBe(0x41);
    expect(ioApic.entry(9).remoteIrr).toBe(true);
    // Not a second time before its end.
    expect(apic.pending()).toBe(-1);
    apic.eoi();
  }
  expect(apic.acknowledge()).toBe(0x41);
  ioApic.setPin(9, false);
  apic.eoi();
  expect(apic.pending()).toBe(-1);
  expect(ioApic.entry(9).remoteIrr).toBe(false);
});

test("a masked level waits, a masked edge is lost", () => {
  for (const isLevel of [true, false]) {
    const { apic, ioApic } = machine(isLevel);
    ioApic.setMask(9, true);
    ioApic.setPin(9, true);
    expect(apic.pending()).toBe(-1);
    ioApic.setMask(9, false);
    expect(apic.pending()).toBe(isLevel ? 0x41 : -1);
  }
});

test("its registers hold what the data sheet says", () => {
  const { ioApic } = machine(true);
  expect(ioApic.read(1)).toBe(0x170020);
  ioApic.setPin(9, true);
  // Level, remote IRR, vector; the remote IRR cannot be written.
  expect(ioApic.read(0x10 + 18)).toBe(0xc041);
  ioApic.write(0x10 + 18, 0x8041);
  expect(ioApic.read(0x10 + 18)).toBe(0xc041);
  expect(ioApic.read(0x10)).toBe(0x10000);
});
