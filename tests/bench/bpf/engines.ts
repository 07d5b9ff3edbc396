/** Programs of the benchmark set in the simulator's two engines. No host but a clock: it runs in a Worker, too. */
import type { Insn } from "../../../kernel-sim/api.ts";
import { JitProgram } from "../../../kernel-sim/bpf/jit/jit-program.ts";
import { BpfKernel } from "../../../kernel-sim/bpf/kernel.ts";
import { predecode } from "../../../kernel-sim/bpf/predecode.ts";
import { progLoad } from "../../../kernel-sim/bpf/prog-load.ts";
import { LoadedProgram } from "../../../kernel-sim/bpf/program.ts";
import { decode } from "../../../kernel-sim/bpf/program-text.ts";
import { mapCreate } from "../../../kernel-sim/bpf/syscall.ts";
import { testRun } from "../../../kernel-sim/bpf/test-run.ts";
import { BPF_MAP_TYPE_NAMES, BPF_PROG_TYPE_XDP } from "../../../kernel-sim/bpf/uapi.ts";
import { Clock } from "../../../kernel-sim/hw/clock.ts";
import { TraceRing } from "../../../kernel-sim/trace/ring.ts";
import type { BenchProgram } from "./bench-program.ts";

export type EngineName = "interp" | "jit";

/** Runs a program as often as asked and answers how many ns that took. */
export type TimedRuns = (repeat: number) => number;

/** Loads a program, and checks its first run. */
export function prepare(program: BenchProgram, engine: EngineName): TimedRuns {
  const { kernel, prog } = load(program);
  kernel.jit.enabled = engine === "jit";
  kernel.jit.warmInsns = 0;
  const dataIn = fromHex(program.input.packet);
  const { retval, executed } = program.expect;
  const first = testRun(kernel, prog, { dataIn, ctxIn: undefined, repeat: 1 });
  if (first.retval !== retval || first.executed !== executed) {
    throw new Error(`${program.id} answers ${first.retval} after ${first.executed} instructions`);
  }
  if (engine === "jit" && !(prog.jited instanceof JitProgram)) {
    throw new Error(`${program.id} is not compiled`);
  }
  return (repeat) => {
    const start = performance.now();
    testRun(kernel, prog, { dataIn, ctxIn: undefined, repeat });
    return (performance.now() - start) * 1e6;
  };
}

/** Engines keep what they have compiled: every module clears another part of its stack. */
const STACK_DEPTHS = Array.from({ length: 15 }, (_, i) => 512 - 8 * i);

/** From decoded instructions to the end of the first run, in µs: the best of several. */
export function compileUs(program: BenchProgram): number {
  const { kernel, prog } = load(program);
  return bestFirstRunUs(kernel, prog, fromHex(program.input.packet));
}

function bestFirstRunUs(kernel: BpfKernel, prog: LoadedProgram, dataIn: Uint8Array): number {
  kernel.jit.warmInsns = 0;
  const times = STACK_DEPTHS.map((stackDepth) => {
    const other = new LoadedProgram({ ...prog, stackDepth });
    const start = performance.now();
    testRun(kernel, other, { dataIn, ctxIn: undefined, repeat: 1 });
    return performance.now() - start;
  });
  return Math.min(...times) * 1000;
}

/** The same of a program that nobody has checked, with conditions that lead a little forward. */
export function compileLongUs(length: number): number {
  const kernel = new BpfKernel(1, 1, new Clock(), new TraceRing());
  const insns = longProgram(length);
  const prog = new LoadedProgram({
    ...{
      id: 1,
      type: BPF_PROG_TYPE_XDP,
      expectedAttachType: 0,
      name: "",
      license: "GPL",
      runInsns: insns,
    },
    ...{ code: predecode(insns), maps: [], callbacks: [], stackDepth: 8, maxCtxOffset: 0 },
    isRunnable: true,
  });
  return bestFirstRunUs(kernel, prog, new Uint8Array(64));
}

function longProgram(length: number): Insn[] {
  const insns: Insn[] = [{ code: 0xb7, dstReg: 0, srcReg: 0, off: 0, imm: 1 }];
  for (let i = 1; i < length - 1; i++) {
    const [dstReg, srcReg] = [i % 5, (i * 3) % 5];
    const isNear = length - i < 20;
    if (i % 7 === 0 && !isNear) insns.push({ code: 0x25, dstReg, srcReg: 0, off: i % 11, imm: i });
    else if (i % 7 === 3) insns.push({ code: 0x7b, dstReg: 10, srcReg, off: -8, imm: 0 });
    else if (i % 7 === 5) insns.push({ code: 0x79, dstReg, srcReg: 10, off: -8, imm: 0 });
    else {
      const code = [0x0f, 0x27, 0xaf, 0x77][i % 4] ?? 0;
      const isReg = (code & 0x08) !== 0;
      insns.push({ code, dstReg, srcReg: isReg ? srcReg : 0, off: 0, imm: isReg ? 0 : i % 60 });
    }
  }
  return [...insns, { code: 0x95, dstReg: 0, srcReg: 0, off: 0, imm: 0 }];
}

function load({ id, insns, maps }: BenchProgram) {
  const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
  const fds = maps.map(({ type, key, value, max }) =>
    mapCreate(kernel, {
      ...{ mapType: BPF_MAP_TYPE_NAMES.indexOf(type), keySize: key, valueSize: value },
      ...{ maxEntries: max, mapFlags: 0, mapExtra: 0, name: "" },
    }),
  );
  const program = decode(fromHex(insns)).map((insn) => withDescriptor(insn, fds));
  const { fd } = progLoad(kernel, {
    ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, license: "GPL", progFlags: 0 },
    ...{ insns: program, insnCnt: program.length, name: "" },
    ...{ logLevel: 0, logSize: 0, hasLogBuffer: false },
  });
  const prog = kernel.files.get(fd);
  if (!(prog instanceof LoadedProgram)) throw new Error(`${id} is refused with ${fd}`);
  return { kernel, prog };
}

function withDescriptor(insn: Insn, fds: readonly number[]): Insn {
  return insn.code === 0x18 && insn.srcReg === 1 ? { ...insn, imm: fds[insn.imm] ?? -1 } : insn;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
