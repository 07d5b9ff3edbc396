/**
 * Instructions that a real processor ran, one by one and in sequences, with what it answered. A
 * line of the fixture has the code, the registers, EFLAGS, the seed of the page of data and the
 * flags that the manual leaves undefined; behind the bar vector, error code, CR2, EIP, registers
 * ("=" for unchanged), EFLAGS, and the CRC of the data ("-" for unchanged).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { X86_EFLAGS_RF } from "./registers.ts";
import { runUntilTrap } from "./run.ts";
import { CODE, type TestMachine, userMachine } from "./test-machine.ts";

const FIXTURE = join(import.meta.dirname, "../../../tests/fixtures/i386/instructions.txt.gz");

test.each([
  { name: "the fast cases", isPlain: false },
  { name: "the long way", isPlain: true },
])("$name answer what a real processor answers", ({ isPlain }) => {
  const machine = userMachine({ isPlain });
  const lines = gunzipSync(readFileSync(FIXTURE)).toString("utf8").trim().split("\n");
  expect(lines.length).toBeGreaterThan(4000);
  const wrong = lines.filter((line) => {
    const [before, after] = line.split("|") as [string, string];
    return answer(machine, before.split(" ")) !== expected(before.split(" "), after.split(" "));
  });
  expect(wrong).toEqual([]);
});

function answer({ cpu, code, data }: TestMachine, before: readonly string[]): string {
  const numbers = before.map((word) => Number.parseInt(word, 16));
  code.bytes.fill(0xcc);
  code.bytes.set(Buffer.from(before[0]!, "hex"));
  fillData(data.words, Number(before[10]));
  const crcBefore = crc32(data.bytes);
  for (let i = 0; i < 8; i++) cpu.r[i] = numbers[i + 1]!;
  cpu.eflags = numbers[9]!;
  cpu.eip = CODE;
  const trap = runUntilTrap(cpu, 10_000);
  const isException = trap.kind === "exception";
  const crc = crc32(data.bytes);
  return [
    isException || trap.kind === "int" ? trap.vector : -1,
    isException ? trap.errorCode : 0,
    isException && trap.vector === 14 ? trap.cr2 : 0,
    cpu.eip - CODE,
    ...cpu.r.slice(0, 8).map((value) => value),
    cpu.eflags & ~X86_EFLAGS_RF & ~numbers[11]!,
    crc === crcBefore ? "-" : crc,
  ].join(" ");
}

function expected(before: readonly string[], after: readonly string[]): string {
  const mask = Number.parseInt(before[11]!, 16);
  const registers = after.slice(4, 12).map((word, i) => {
    return Number.parseInt(word === "=" ? before[i + 1]! : word, 16) | 0;
  });
  return [
    Number(after[0]),
    Number(after[1]),
    Number.parseInt(after[2]!, 16),
    Number.parseInt(after[3]!, 16),
    ...registers,
    Number.parseInt(after[12]!, 16) & ~X86_EFLAGS_RF & ~mask,
    after[13] === "-" ? "-" : Number.parseInt(after[13]!, 16),
  ].join(" ");
}

/** xorshift32, as the recording program has it. */
function fillData(words: Int32Array, seed: number): void {
  let x = (Math.imul(seed, 2654435761) + 1) | 0;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
}
