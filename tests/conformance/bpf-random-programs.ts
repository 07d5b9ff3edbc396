/** Random programs, run in every way that there is. */
import type { Insn } from "../../kernel-sim/api.ts";
import { runUnverified } from "../../kernel-sim/bpf/checked/run-unverified.ts";
import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { progLoad } from "../../kernel-sim/bpf/prog-load.ts";
import { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import type { TestRunOutcome } from "../../kernel-sim/bpf/test-run-request.ts";
import { BPF_PROG_TYPE_NAMES } from "../../kernel-sim/bpf/uapi.ts";
import { fill, fromHex, makeMap, newKernel, takePlace, withDescriptors } from "./bpf-verify.ts";
import type { Dice } from "./linux-bpf/fuzz/dice.ts";
import type { FuzzProgram } from "./linux-bpf/fuzz/fuzz-program.ts";

/** Instructions of a run under checks; a program may be right and take more. */
export const FUEL = 5000;

/** A machine with the maps of a program. */
function machineFor({ maps }: FuzzProgram) {
  const kernel = newKernel();
  const fds = maps.map((map) => makeMap(kernel, map));
  for (const [i, fd] of fds.entries()) fill(kernel, fd, maps[i], { progs: [], maps: fds });
  return { kernel, fds };
}

function requestOf({ runs }: FuzzProgram) {
  return { dataIn: fromHex(runs[0]?.data_in ?? ""), ctxIn: undefined, repeat: 1 };
}

function typeOf({ progType }: FuzzProgram): number {
  return BPF_PROG_TYPE_NAMES.indexOf(progType);
}

/** What a run answers and leaves behind in its packet and in arrays. */
function seen(kernel: BpfKernel, fds: readonly number[], outcome: TestRunOutcome) {
  const { errno, retval, executed, dataOut } = outcome;
  const values = fds.map((fd) => {
    const map = kernel.mapOfFd(fd);
    const shape = map?.lookupShape();
    if (map === undefined || shape?.kind !== "array") return "";
    return String(kernel.memory.copyOut(shape.values, shape.indexStride * map.attr.maxEntries));
  });
  return { errno, retval, executed, packet: String(dataOut), values };
}

/** Runs of an accepted program in the interpreter and compiled; undefined: it is refused. */
export function bothEngines(program: FuzzProgram) {
  const { kernel, fds } = machineFor(program);
  kernel.jit.enabled = false;
  const insns = withDescriptors(program.insns, fds);
  const { fd } = progLoad(kernel, {
    ...{ progType: typeOf(program), expectedAttachType: 0, insns, insnCnt: insns.length },
    ...{ license: "GPL", progFlags: program.flags, logLevel: 0, logSize: 0, hasLogBuffer: false },
    name: "",
  });
  if (fd < 0) return undefined;
  const prog = kernel.files.get(fd) as LoadedProgram;
  const interpreted = seen(kernel, fds, testRun(kernel, prog, requestOf(program)));
  const { kernel: twin, fds: twins } = machineFor(program);
  twin.jit.warmInsns = 0;
  takePlace(twin, prog);
  const maps = prog.maps.flatMap(({ id }) => twin.mapOfFd(twins[id - 1] ?? -1) ?? []);
  const compiled = new LoadedProgram({ ...prog, maps });
  return { interpreted, compiled: seen(twin, twins, testRun(twin, compiled, requestOf(program))) };
}

/** A run without the verifier, and why it stopped; a number: it did not come to that. */
export function unverified(program: FuzzProgram, isCompiled: boolean) {
  const { kernel, fds } = machineFor(program);
  const insns = withDescriptors(program.insns, fds);
  const outcome = runUnverified(
    kernel,
    { progType: typeOf(program), expectedAttachType: 0, progFlags: 0, insns },
    { ...requestOf(program), fuel: FUEL, isCompiled },
  );
  if (typeof outcome === "number") return outcome;
  return { ...seen(kernel, fds, outcome), fault: outcome.fault };
}

/** The program with bytes of its instructions changed, so that many are none. */
export function garbled(program: FuzzProgram, dice: Dice): FuzzProgram {
  const insns = program.insns.map((insn): Insn => {
    const byte = dice.below(256);
    switch (dice.below(30)) {
      case 0:
        return { ...insn, code: byte };
      case 1:
        return { ...insn, dstReg: byte & 15, srcReg: byte >> 4 };
      case 2:
        return { ...insn, off: ((byte << 24) >> 24) * 3 };
      case 3:
        return { ...insn, imm: byte };
      default:
        return insn;
    }
  });
  return { ...program, insns };
}
