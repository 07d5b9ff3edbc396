import type { Insn } from "../api.ts";
import { BPF_PSEUDO_KFUNC_CALL } from "./isa.ts";
import { BPF_FUNC_NAMES } from "./uapi.ts";
import { kernelFunctionName } from "./xlate/kernel-functions.ts";

/**
 * One instruction as the verifier's log shows it: `(b7) r0 = 0`.
 *
 * @linux kernel/bpf/disasm.c `print_bpf_insn` (6.18)
 */
export function insnText(insns: readonly Insn[], slot: number): string {
  const { code, imm } = insns[slot]!;
  const hex = code.toString(16).padStart(2, "0");
  if ((code & 0xe7) === ATOMIC && ATOMIC_NAMES[imm] === undefined) return `BUG_${hex}`;
  return `(${hex}) ${loggedInsn(insns, slot)}`;
}

/** What the log shows in another way than what can be assembled again. */
function loggedInsn(insns: readonly Insn[], slot: number): string {
  const { code, dstReg, srcReg, off, imm } = insns[slot]!;
  if (code === CALL && srcReg === BPF_PSEUDO_KFUNC_CALL) return `call #${imm}`;
  if (code === MOV64 && off === 1) {
    return `r${dstReg} = addr_space_cast(r${srcReg}, ${imm >>> 16}, ${imm & 0xffff})`;
  }
  if (code === MOV64 && off === -1) return `r${dstReg} = &(void __percpu *)(r${srcReg})`;
  return disassembleInsn(insns, slot);
}

const NOSPEC = 0xc2;
const CALL = 0x85;
const MOV64 = 0xbf;

/**
 * One instruction in the kernel's own notation, as the verifier's log prints it behind `(b7)`.
 *
 * @linux kernel/bpf/disasm.c `print_bpf_insn` (6.18)
 */
export function disassembleInsn(insns: readonly Insn[], slot: number): string {
  const insn = insns[slot]!;
  // Only the kernel itself puts these into programs.
  if (insn.code === NOSPEC) return "nospec";
  if (insn.code === MOV64 && insn.off === -1) {
    return `r${insn.dstReg} = &(void __percpu *)(r${insn.srcReg})`;
  }
  switch (insn.code & 7) {
    case 0:
      return load(insn, insns[slot + 1]);
    case 1:
      return loadFromMemory(insn);
    case 2:
      return `*(${SIZES[(insn.code >> 3) & 3]} *)(r${insn.dstReg} ${signed(insn.off)}) = ${insn.imm}`;
    case 3:
      return store(insn);
    case 4:
    case 7:
      return arithmetic(insn);
    default:
      return jump(insn);
  }
}

const SIZES = ["u32", "u16", "u8", "u64"];
const SIGNED_SIZES = ["s32", "s16", "s8", "s64"];

function signed(n: number): string {
  return n < 0 ? String(n) : `+${n}`;
}

function load(insn: Insn, next: Insn | undefined): string {
  const size = SIZES[(insn.code >> 3) & 3];
  switch (insn.code & 0xe0) {
    case 0x20:
      return `r0 = *(${size} *)skb[${insn.imm}]`;
    case 0x40:
      return `r0 = *(${size} *)skb[r${insn.srcReg} + ${insn.imm}]`;
    default: {
      const value = (BigInt((next?.imm ?? 0) >>> 0) << 32n) | BigInt(insn.imm >>> 0);
      return `r${insn.dstReg} = 0x${value.toString(16)}`;
    }
  }
}

function loadFromMemory({ code, dstReg, srcReg, off }: Insn): string {
  const sizes = (code & 0xe0) === 0x80 ? SIGNED_SIZES : SIZES;
  return `r${dstReg} = *(${sizes[(code >> 3) & 3]} *)(r${srcReg} ${signed(off)})`;
}

const ATOMICS: Readonly<Record<number, string>> = { 0: "+", 64: "|", 80: "&", 160: "^" };
const ATOMIC = 0xc3;
const FETCHES: Readonly<Record<number, string>> = {
  1: "fetch_add",
  65: "fetch_or",
  81: "fetch_and",
  161: "fetch_xor",
  225: "xchg",
  241: "cmpxchg",
};

const ATOMIC_NAMES: Readonly<Record<number, string>> = {
  ...ATOMICS,
  ...FETCHES,
  256: "load_acquire",
  272: "store_release",
};

function store({ code, dstReg, srcReg, off, imm }: Insn): string {
  const size = SIZES[(code >> 3) & 3]!;
  const place = `*(${size} *)(r${dstReg} ${signed(off)})`;
  if ((code & 0xe0) === 0x60) return `${place} = r${srcReg}`;
  if (imm === 0x100) return `r${dstReg} = load_acquire((${size} *)(r${srcReg} ${signed(off)}))`;
  const pointer = place.slice(1);
  if (imm === 0x110) return `store_release(${pointer}, r${srcReg})`;
  if (ATOMICS[imm] !== undefined) return `lock ${place} ${ATOMICS[imm]}= r${srcReg}`;
  const name = `atomic${size === "u64" ? "64" : ""}_${FETCHES[imm] ?? "unknown"}`;
  if (imm === 0xf1) return `r0 = ${name}(${pointer}, r0, r${srcReg})`;
  return `r${srcReg} = ${name}(${pointer}, r${srcReg})`;
}

const OPERATIONS: Readonly<Record<number, string>> = {
  0: "+",
  16: "-",
  32: "*",
  48: "/",
  64: "|",
  80: "&",
  96: "<<",
  112: ">>",
  144: "%",
  160: "^",
  176: "",
  192: "s>>",
};

function arithmetic({ code, dstReg, srcReg, off, imm }: Insn): string {
  const r = (code & 7) === 4 ? "w" : "r";
  const operation = code & 0xf0;
  if (operation === 0x80) return `${r}${dstReg} = -${r}${dstReg}`;
  if (operation === 0xd0) {
    const kind = (code & 7) === 7 ? "bswap" : (code & 8) !== 0 ? "be" : "le";
    return `r${dstReg} = ${kind}${imm} r${dstReg}`;
  }
  const isSigned = off === 1 && (operation === 0x30 || operation === 0x90);
  const operator = `${isSigned ? "s" : ""}${OPERATIONS[operation] ?? "?"}=`;
  if ((code & 8) === 0) return `${r}${dstReg} ${operator} ${imm}`;
  const isExtended = operation === 0xb0 && (off === 8 || off === 16 || off === 32);
  const cast = isExtended ? `(s${off})` : "";
  return `${r}${dstReg} ${operator} ${cast}${r}${srcReg}`;
}

const CONDITIONS: Readonly<Record<number, string>> = {
  16: "==",
  32: ">",
  48: ">=",
  64: "&",
  80: "!=",
  96: "s>",
  112: "s>=",
  160: "<",
  176: "<=",
  192: "s<",
  208: "s<=",
};

const MAY_GOTO = 0xe5;

function jump({ code, dstReg, srcReg, off, imm }: Insn): string {
  const r = (code & 7) === 6 ? "w" : "r";
  switch (code & 0xf0) {
    case 0x00:
      return code === 0x06 ? `gotol pc${signed(imm)}` : `goto pc${signed(off)}`;
    case 0x80:
      if (srcReg === 1) return `call pc${signed(imm)}`;
      return `call ${calleeName(srcReg, imm)}#${imm}`;
    case 0x90:
      return "exit";
    default: {
      if (code === MAY_GOTO && srcReg === 0) return `may_goto pc${signed(off)}`;
      const right = (code & 8) !== 0 ? `${r}${srcReg}` : `0x${(imm >>> 0).toString(16)}`;
      return `if ${r}${dstReg} ${CONDITIONS[code & 0xf0] ?? "(null)"} ${right} goto pc${signed(off)}`;
    }
  }
}

function calleeName(srcReg: number, imm: number): string {
  if (srcReg === 0) return helperName(imm);
  return srcReg === BPF_PSEUDO_KFUNC_CALL ? "kernel-function" : "unknown";
}

function helperName(id: number): string {
  const name = BPF_FUNC_NAMES[id];
  return name === undefined ? (kernelFunctionName(id) ?? "unknown") : `bpf_${name}`;
}
