import type { Insn } from "../api.ts";
import { EBADF, EINVAL } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { KernelMap } from "./maps/map.ts";
import { predecode } from "./predecode.ts";
import { LoadedProgram } from "./program.ts";

/** A program as BPF_PROG_LOAD takes it, with map descriptors in its wide loads. */
export interface ProgLoadAttr {
  readonly progType: number;
  readonly expectedAttachType: number;
  readonly insns: readonly Insn[];
  readonly license: string;
  readonly progFlags: number;
  readonly logLevel: number;
  readonly name: string;
}

export type ProgLoadOutcome =
  | { readonly fd: number; readonly log: string; readonly insnsProcessed: number }
  | {
      /** Negative. */
      readonly errno: number;
      readonly error: string;
      readonly log: string;
      readonly insnsProcessed: number;
    };

/**
 * @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18)
 */
export function progLoad(kernel: BpfKernel, attr: ProgLoadAttr): ProgLoadOutcome {
  const maps = mapsOf(kernel, attr.insns);
  if (typeof maps === "number") return { errno: maps, error: "", log: "", insnsProcessed: 0 };
  const code = predecode(withMapAddresses(kernel, attr.insns));
  const prog = new LoadedProgram({
    id: kernel.nextProgId(),
    type: attr.progType,
    name: attr.name,
    license: attr.license,
    insns: attr.insns,
    code,
    maps,
  });
  return { fd: kernel.install(prog), log: "", insnsProcessed: 0 };
}

const WIDE_LOAD = 0x18;
const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;

/** The maps that a program refers to, or -EBADF, -EINVAL for a descriptor that is none. */
function mapsOf(kernel: BpfKernel, insns: readonly Insn[]): KernelMap[] | number {
  const maps = new Set<KernelMap>();
  for (const insn of insns) {
    if (insn.code !== WIDE_LOAD || !isMapLoad(insn)) continue;
    const map = kernel.mapOfFd(insn.imm);
    if (map === undefined) return kernel.files.has(insn.imm) ? -EINVAL : -EBADF;
    maps.add(map);
  }
  return [...maps];
}

function isMapLoad({ srcReg }: Insn): boolean {
  return srcReg === BPF_PSEUDO_MAP_FD || srcReg === BPF_PSEUDO_MAP_VALUE;
}

/** Puts the addresses of maps and of their values where the descriptors stood. */
function withMapAddresses(kernel: BpfKernel, insns: readonly Insn[]): Insn[] {
  const resolved = [...insns];
  for (let slot = 0; slot < insns.length; slot++) {
    const insn = insns[slot]!;
    if (insn.code !== WIDE_LOAD) continue;
    if (isMapLoad(insn)) {
      const map = kernel.mapOfFd(insn.imm)!;
      const offset = insns[slot + 1]!.imm;
      const isValue = insn.srcReg === BPF_PSEUDO_MAP_VALUE;
      resolved[slot] = { ...insn, imm: isValue ? map.directValue() + offset : map.address };
      resolved[slot + 1] = { ...insns[slot + 1]!, imm: 0 };
    }
    slot++;
  }
  return resolved;
}
