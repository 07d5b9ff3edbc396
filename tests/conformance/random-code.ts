import { assemble } from "../../kernel-sim/arch/x86/asm/assembler.ts";
import { writeElf } from "../../kernel-sim/arch/x86/asm/elf.ts";
import { link } from "../../kernel-sim/arch/x86/asm/link.ts";
import { LivingKernel } from "../../kernel-sim/facade/living-kernel.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { Random } from "../../kernel-sim/hw/random.ts";
import { checkKernel } from "../../kernel-sim/kernel/check-kernel.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";
import type { Program } from "../../kernel-sim/user/program.ts";
import { signalNames } from "../../kernel-sim/user/sh/signals.ts";

const BYTES = 600;
/** Steps of the machine after which a program that is still there is killed. */
const STEPS = 150;
const SIGKILL = 9;
/** `mov $imm32, %eax`, `int $0x80`, `sysenter`, and jumps backwards, which bytes at random rarely make. */
const PIECES: readonly (readonly number[])[] = [
  [0xcd, 0x80],
  [0x0f, 0x34],
  [0xeb, 0xf0],
  [0xcc],
  [0xf4],
  [0x0f, 0x0b],
  [0x64, 0xa1],
  [0xc3],
];

/**
 * Bytes at random, with an instruction that traps here and there (even seeds), or a row of system calls with
 * garbage in all registers and random bytes in between (odd seeds).
 */
export function randomCode(seed: number): readonly number[] {
  const random = new Random(seed);
  const below = (n: number) => (random.nextInt32() >>> 0) % n;
  const word = () =>
    [0, 8, 16, 24].map((shift) => (below(2) * below(256) * (shift === 24 ? below(2) : 1)) & 0xff);
  const bytes: number[] = [];
  while (bytes.length < BYTES) {
    if (seed % 2 === 1) {
      for (const register of [3, 1, 2, 6, 7]) bytes.push(0xb8 + register, ...word());
      bytes.push(0xb8, below(256), below(2), 0, 0, 0xcd, 0x80);
      if (below(40) === 0) bytes.push(below(256));
      continue;
    }
    const choice = below(24);
    if (choice === 0) bytes.push(0xb8, below(256), below(2), 0, 0, 0xcd, 0x80);
    else if (choice === 1) bytes.push(...(PIECES[below(PIECES.length)] ?? []));
    else bytes.push(below(256));
  }
  return bytes;
}

export interface RandomCodeRun {
  /** `exit`, the signal that ended it, or `killed`: it would have gone on. */
  readonly end: string;
  /** What the checker or the simulator itself had to say. */
  readonly wrong: readonly string[];
}

/** Runs random bytes as a program, to its end or until it is killed. */
export function runRandomCode(seed: number): RandomCodeRun {
  const living = new LivingKernel({ seed, memoryMiB: 16 }, 1, new Clock(), new TraceRing());
  const { kernel } = living;
  try {
    const { task } = living.spawn({ name: "bytes", bytes: elfOf(randomCode(seed)) }, {});
    let end = "killed";
    for (let step = 0; step < STEPS && task.exitState === 0; step++) {
      if (!kernel.step() && !kernel.advanceToNextEvent()) break;
    }
    if (task.exitState === 0) {
      const kill: Program = function* kill(sys) {
        yield* sys.kill(task.pid, SIGKILL);
      };
      const killer = living.spawn(kill, {}).task;
      living.runUntil(() => killer.exitState !== 0 && task.exitState !== 0);
    } else end = endOf(task.exitCode);
    return { end, wrong: checkKernel(kernel) };
  } catch (error) {
    return { end: "broken", wrong: [String(error instanceof Error ? error.stack : error)] };
  }
}

function endOf(status: number): string {
  return (status & 0x7f) === 0 ? "exit" : `SIG${signalNames()[(status & 0x7f) - 1] ?? ""}`;
}

function elfOf(bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  const source = `.globl _start\n_start:\n.byte ${bytes.join(",")}\n.data\nroom: .space 4096\n`;
  const assembled = assemble(source);
  if (assembled.kind === "errors") throw new Error(JSON.stringify(assembled.errors));
  const linked = link([assembled.object]);
  if (linked.kind === "errors") throw new Error(JSON.stringify(linked.errors));
  return new Uint8Array(writeElf(linked.image));
}
