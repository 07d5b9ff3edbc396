import type { Insn } from "../../api.ts";
import { EINVAL, ERANGE } from "../../include/errno.ts";
import type { CoreResult } from "../btf/core-values.ts";
import { isLdImm64 } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";

const BPF_LD = 0x00;
const BPF_LDX = 0x01;
const BPF_ST = 0x02;
const BPF_STX = 0x03;
const BPF_ALU = 0x04;
const BPF_ALU64 = 0x07;
const BPF_X = 0x08;
const BPF_SIZE = 0x18;
/** By code: words, half words, bytes, double words. */
const SIZES = [4, 2, 1, 8];
const SHRT_MAX = 0x7fff;
/** "bad relo": `invalid func unknown#195896080` is what whoever comes there is told. */
const POISON: Insn = { code: 0x85, dstReg: 0, srcReg: 0, off: 0, imm: 195_896_080 };

function unsigned(value: bigint | number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_patch_insn` (6.18) */
export function patchInsn(
  env: VerifierEnv,
  at: number,
  index: number,
  result: CoreResult,
): 0 | number {
  const patch = new Patch(env, at, index, result);
  if (result.isPoison) return patch.poison();
  switch (env.insns[at]!.code & 0x07) {
    case BPF_ALU:
    case BPF_ALU64:
      return patch.number();
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      return patch.access();
    case BPF_LD:
      return patch.wideNumber();
    default:
      return patch.other();
  }
}

class Patch {
  readonly #env: VerifierEnv;
  readonly #at: number;
  readonly #about: string;
  readonly #result: CoreResult;
  readonly #expected: string;

  constructor(env: VerifierEnv, at: number, index: number, result: CoreResult) {
    this.#env = env;
    this.#at = at;
    this.#about = `prog '': relo #${index}:`;
    this.#result = result;
    this.#expected = `exp ${unsigned(result.before)} -> ${unsigned(result.after)}`;
  }

  get #insn(): Insn {
    return this.#env.insns[this.#at]!;
  }

  #change(fields: Partial<Insn>, at: number = this.#at): void {
    this.#env.insns[at] = { ...this.#env.insns[at]!, ...fields };
  }

  #log(text: string): void {
    this.#env.verbose(`${this.#about} ${text}\n`);
  }

  #refuse(text: string, errno: number = EINVAL): number {
    this.#log(text);
    return -errno;
  }

  /** Whether what stands there is what the program's types say. */
  #isExpected(value: bigint): boolean {
    return !this.#result.isValidated || value === unsigned(this.#result.before);
  }

  poison(): 0 {
    if (isLdImm64(this.#insn)) this.#poisonAt(this.#at + 1);
    this.#poisonAt(this.#at);
    return 0;
  }

  #poisonAt(at: number): void {
    this.#log(`substituting insn #${at} w/ invalid insn`);
    if (at < this.#env.insns.length) this.#change(POISON, at);
  }

  number(): 0 | number {
    const { code, imm } = this.#insn;
    if ((code & BPF_X) !== 0) return -EINVAL;
    const what = `insn #${this.#at} (ALU/ALU64)`;
    const before = unsigned(imm);
    if (!this.#isExpected(before)) {
      return this.#refuse(`unexpected ${what} value: got ${imm >>> 0}, ${this.#expected}`);
    }
    const after = unsigned(this.#result.after);
    this.#change({ imm: Number(BigInt.asIntN(32, after)) });
    this.#log(`patched ${what} imm ${before} -> ${after}`);
    return 0;
  }

  access(): 0 | number {
    const { off } = this.#insn;
    const { failsResize } = this.#result;
    const what = `insn #${this.#at} (LDX/ST/STX)`;
    const before = unsigned(off);
    if (!this.#isExpected(before)) {
      return this.#refuse(`unexpected ${what} value: got ${off >>> 0}, ${this.#expected}`);
    }
    const after = unsigned(this.#result.after);
    if (after > SHRT_MAX) return this.#refuse(`${what} value too big: ${after}`, ERANGE);
    if (failsResize) {
      this.#log(
        `${what} accesses field incorrectly. Make sure you are accessing pointers, unsigned integers, or fields of matching type and size.`,
      );
      return this.poison();
    }
    this.#change({ off: Number(after) });
    this.#log(`patched ${what} off ${before} -> ${after}`);
    return this.#resize(what);
  }

  #resize(what: string): 0 | number {
    const { sizeBefore, sizeAfter } = this.#result;
    if (sizeBefore === sizeAfter) return 0;
    const { code } = this.#insn;
    const size = SIZES[(code & BPF_SIZE) >> 3]!;
    if (size !== sizeBefore) {
      return this.#refuse(`${what} unexpected mem size: got ${size}, exp ${sizeBefore}`);
    }
    const sizeCode = SIZES.indexOf(sizeAfter);
    if (sizeCode < 0) return this.#refuse(`${what} invalid new mem size: ${sizeAfter}`);
    this.#change({ code: (code & ~BPF_SIZE) | (sizeCode << 3) });
    this.#log(`patched ${what} mem_sz ${sizeBefore} -> ${sizeAfter}`);
    return 0;
  }

  wideNumber(): 0 | number {
    const [insn, upper] = [this.#insn, this.#env.insns[this.#at + 1]];
    const what = `insn #${this.#at} (LDIMM64)`;
    const isPlain = isLdImm64(insn) && insn.srcReg === 0 && insn.off === 0;
    const isUpperEmpty =
      upper?.code === 0 && upper.dstReg === 0 && upper.srcReg === 0 && upper.off === 0;
    if (!isPlain || !isUpperEmpty) return this.#refuse(`${what} has unexpected form`);
    const before = (BigInt(upper.imm >>> 0) << 32n) | BigInt(insn.imm >>> 0);
    if (!this.#isExpected(before)) {
      return this.#refuse(`unexpected ${what} value: got ${before}, ${this.#expected}`);
    }
    const after = unsigned(this.#result.after);
    this.#change({ imm: Number(BigInt.asIntN(32, after)) });
    this.#change({ imm: Number(BigInt.asIntN(32, after >> 32n)) }, this.#at + 1);
    this.#log(`patched ${what} imm64 ${before} -> ${after}`);
    return 0;
  }

  other(): number {
    const { code, srcReg, dstReg, off, imm } = this.#insn;
    const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
    const parts = `code:${hex(code)}, src:${hex(srcReg)}, dst:${hex(dstReg)}`;
    const numbers = `off:${hex(off)}, imm:${hex(imm)}`;
    return this.#refuse(`trying to relocate unrecognized insn #${this.#at}, ${parts}, ${numbers}`);
  }
}
