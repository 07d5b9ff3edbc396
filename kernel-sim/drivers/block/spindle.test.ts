import fc from "fast-check";
import { expect, test } from "vitest";
import { DISK_MODELS } from "../../hw/costs.ts";
import { SpindleState } from "./spindle.ts";

const HDD = DISK_MODELS.hdd.spindle!;
const FLOPPY = DISK_MODELS.floppy.spindle!;
const SECTORS = 400_000;

test("a whole track passes in one turn, wherever the heads begin", () => {
  const start = fc.integer({ min: 0, max: 1e9 });
  fc.assert(
    fc.property(start, (at) => {
      const state = new SpindleState(HDD, SECTORS);
      const end = state.pass(at, 0, HDD.sectorsPerTrack, true);
      expect(end - at).toBeGreaterThanOrEqual(HDD.turnNs);
      expect(end - at).toBeLessThanOrEqual(2 * HDD.turnNs + 1);
    }),
  );
});

test("who reads on where he stopped loses no turn; who writes there does", () => {
  const reader = new SpindleState(HDD, SECTORS);
  const writer = new SpindleState(HDD, SECTORS);
  const read = reader.pass(0, 100, 8, true);
  const written = writer.pass(0, 100, 8, false);
  expect(reader.pass(read + 50_000, 108, 8, true) - read).toBeLessThan(100_000);
  expect(writer.pass(written + 50_000, 108, 8, false) - written).toBeGreaterThan(
    HDD.turnNs - 100_000,
  );
});

test("random reads seek and wait half a turn on average, as the data sheet says", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const state = new SpindleState(HDD, SECTORS);
  let at = 0;
  const reads = 2000;
  for (let i = 0; i < reads; i++) at = state.pass(at, Math.floor(random() * SECTORS), 1, true);
  // 8.5 ms to seek and 4.17 ms to wait.
  expect(at / reads).toBeGreaterThan(11.5e6);
  expect(at / reads).toBeLessThan(13.5e6);
});

test("a diskette's motor starts again after three seconds of rest", () => {
  const state = new SpindleState(FLOPPY, 2880);
  const first = state.pass(0, 0, 1, true);
  expect(first).toBeGreaterThan(FLOPPY.spinUpNs!);
  const soon = state.pass(first + 1e9, 0, 1, true);
  expect(soon - first - 1e9).toBeLessThan(FLOPPY.turnNs + 1e7);
  const late = state.pass(soon + 4e9, 0, 1, true);
  expect(late - soon - 4e9).toBeGreaterThan(FLOPPY.spinUpNs!);
});
