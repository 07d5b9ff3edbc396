import type { Insn } from "../api.ts";
import { E2BIG, EBADF, EFAULT, EINVAL } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { KernelMap } from "./maps/map.ts";
import { predecode } from "./predecode.ts";
import { LoadedProgram } from "./program.ts";
import { isObjectNameOk } from "./syscall.ts";
import { BPF_PROG_TYPE_NAMES } from "./uapi.ts";
import { isLogAttrOk } from "./verifier-log-buffer.ts";

/** The attribute block of BPF_PROG_LOAD, with map descriptors in the program's wide loads. */
export interface ProgLoadAttr {
  readonly progType: number;
  readonly expectedAttachType: number;
  /** null: the pointer is. */
  readonly insns: readonly Insn[] | null;
  readonly insnCnt: number;
  readonly license: string | null;
  readonly progFlags: number;
  readonly logLevel: number;
  /** In bytes. */
  readonly logSize: number;
  /** Whether there is a buffer for the log. */
  readonly hasLogBuffer: boolean;
  readonly name: string;
}

export interface ProgLoadOutcome {
  /** A descriptor, or a negative errno. */
  readonly fd: number;
  /** The line that explains a refusal, when the log that came back holds it. */
  readonly error: string;
  readonly log: string;
  readonly insnsProcessed: number;
}

/** @linux include/uapi/linux/bpf.h: BPF_F_STRICT_ALIGNMENT to BPF_F_TOKEN_FD (6.18) */
const PROG_FLAGS = 0xff;
const INSNS_MAX = 1_000_000;

/** @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18) */
export function progLoad(kernel: BpfKernel, attr: ProgLoadAttr): ProgLoadOutcome {
  const { insns } = attr;
  if ((attr.progFlags & ~PROG_FLAGS) !== 0) return refused(-EINVAL);
  if (attr.insnCnt === 0 || attr.insnCnt > INSNS_MAX) return refused(-E2BIG);
  if (insns === null || attr.license === null) return refused(-EFAULT);
  if (attr.progType === 0 || attr.progType >= BPF_PROG_TYPE_NAMES.length) return refused(-EINVAL);
  if (!isObjectNameOk(attr.name)) return refused(-EINVAL);
  if (!isLogAttrOk(attr)) return refused(-EINVAL);
  const maps = mapsOf(kernel, insns);
  if (typeof maps === "number") return refused(maps);
  const code = predecode(withMapAddresses(kernel, insns));
  const prog = new LoadedProgram({
    id: kernel.nextProgId(),
    type: attr.progType,
    name: attr.name,
    license: attr.license,
    insns,
    code,
    maps,
  });
  return { fd: kernel.install(prog), error: "", log: "", insnsProcessed: 0 };
}

function refused(errno: number): ProgLoadOutcome {
  return { fd: errno, error: "", log: "", insnsProcessed: 0 };
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
