import fc from "fast-check";
import { expect, test } from "vitest";
import { PhysMemory } from "./phys-memory.ts";

test("a machine of 4 GiB has no frame until one is touched", () => {
  const memory = new PhysMemory(1 << 20);
  expect(memory.touchedFrames()).toBe(0);
  memory.write8(0xffff_ffff, 7);
  expect(memory.touchedFrames()).toBe(1);
  expect(memory.isTouched(0xfffff)).toBe(true);
  expect(memory.frame(0xfffff)[4095]).toBe(7);
});

test("words lie with their lowest byte first, wherever they begin", () => {
  const memory = new PhysMemory(4);
  const written = fc.property(
    fc.integer({ min: 0, max: 4 * 4096 - 4 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    (paddr, value) => {
      memory.write32(paddr, value);
      const bytes = [0, 1, 2, 3].map((i) => memory.read8(paddr + i));
      expect(bytes).toEqual([0, 8, 16, 24].map((shift) => (value >>> shift) & 255));
      expect(memory.read32(paddr)).toBe(value);
      expect(memory.read16(paddr + 1)).toBe((value >>> 8) & 0xffff);
    },
  );
  fc.assert(written);
});

test("a released frame reads as zeros and is counted", () => {
  const memory = new PhysMemory(16);
  memory.write32(0x3000, 0xdeadbeef);
  const before = memory.frame(3);
  memory.release(3);
  memory.release(4);
  expect(memory.released).toBe(1);
  expect(memory.isTouched(3)).toBe(false);
  expect(memory.read32(0x3000)).toBe(0);
  expect(memory.frame(3)).not.toBe(before);
});
