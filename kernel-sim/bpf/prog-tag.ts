import type { Insn } from "../api.ts";
import { sha256 } from "../lib/sha256.ts";
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, isLdImm64 } from "./isa.ts";
import { encode } from "./program-text.ts";

const TAG_BYTES = 8;
const DIGEST_BYTES = 32;

/**
 * What a program can be recognised by: its instructions as they were given, but for what the kernel's
 * types say, without the numbers of descriptors.
 *
 * @linux kernel/bpf/core.c `bpf_prog_calc_tag` (6.18)
 */
export function progTag(insns: readonly Insn[]): Uint8Array {
  return progDigest(insns).slice(0, TAG_BYTES);
}

/** All of it; of no instructions, before they were looked at, all zeros. */
export function progDigest(insns: readonly Insn[]): Uint8Array {
  if (insns.length === 0) return new Uint8Array(DIGEST_BYTES);
  const plain = insns.map((insn, slot) => {
    const first = insns[slot - 1];
    return isMapLoad(insn) || (first !== undefined && isMapLoad(first))
      ? { ...insn, imm: 0 }
      : insn;
  });
  return sha256(encode(plain));
}

function isMapLoad(insn: Insn): boolean {
  const { srcReg } = insn;
  return isLdImm64(insn) && (srcReg === BPF_PSEUDO_MAP_FD || srcReg === BPF_PSEUDO_MAP_VALUE);
}
