import { EINVAL } from "../../include/errno.ts";
import { bpfCheckClassic } from "./check.ts";
import * as cbpf from "./sock-filter.ts";
import { ancillaryOf, type SockFilter } from "./sock-filter.ts";

const S16_MAX = 0x7fff;
/** In front of a converted program, and more of it when packets are loaded. */
const PROLOGUE = 3;
const PACKET_PROLOGUE = 4;

/**
 * Checks a classic program, and answers how many instructions Linux makes of it, which loads packets without LD_ABS; a
 * negative errno when it refuses the program: also when a jump over so many is too far for eBPF.
 *
 * @linux net/core/filter.c `bpf_prepare_filter` (6.18)
 */
export function bpfPrepareFilter(filter: readonly SockFilter[]): number {
  const err = bpfCheckClassic(filter);
  return err === 0 ? migratedLength(filter) : err;
}

/** @linux net/core/filter.c `bpf_migrate_filter`, `bpf_convert_filter` (6.18) */
function migratedLength(filter: readonly SockFilter[]): number {
  let length = PROLOGUE + (filter.some(loadsPacket) ? PACKET_PROLOGUE : 0);
  const starts = filter.map((insn) => {
    const start = length;
    length += lengthOf(insn);
    return start;
  });
  for (const [at, insn] of filter.entries()) {
    const last = starts[at]! + lengthOf(insn) - 1;
    for (const [target, jump] of jumpsOf(insn, at, last)) {
      if (starts[target]! - jump - 1 > S16_MAX) return -EINVAL;
    }
  }
  return length;
}

function loadsPacket(insn: SockFilter): boolean {
  const { code } = insn;
  if (code === (cbpf.BPF_LDX | cbpf.BPF_B | cbpf.BPF_MSH)) return true;
  if ((code & 7) !== cbpf.BPF_LD) return false;
  const mode = code & 0xe0;
  return mode === cbpf.BPF_IND || (mode === cbpf.BPF_ABS && ancillaryOf(insn) < 0);
}

/** Where the eBPF jumps stand that a jump becomes, the last of which is at `last`, and what they lead to. */
function jumpsOf(insn: SockFilter, at: number, last: number): [target: number, jump: number][] {
  const { code, jt, jf, k } = insn;
  if ((code & 7) !== cbpf.BPF_JMP) return [];
  if (code === (cbpf.BPF_JMP | cbpf.BPF_JA)) return [[at + k + 1, last]];
  const whenTrue = at + jt + 1;
  const whenFalse = at + jf + 1;
  if (!isTwoJumps(insn)) return [[jf === 0 ? whenTrue : whenFalse, last]];
  return [
    [whenTrue, last - 1],
    [whenFalse, last],
  ];
}

/** Neither way goes on behind it, or only the one that eBPF has no opposite comparison for. */
function isTwoJumps({ code, jt, jf }: SockFilter): boolean {
  return jf !== 0 && (jt !== 0 || (code & 0xf0) === cbpf.BPF_JSET);
}

function lengthOf(insn: SockFilter): number {
  const { code, k } = insn;
  const isX = (code & cbpf.BPF_X) !== 0;
  switch (code & 7) {
    case cbpf.BPF_LD:
      if (loadsPacket(insn)) return packetLoadLength(code, k);
      return (code & 0xe0) === cbpf.BPF_ABS ? EXTENSION_LENGTHS[ancillaryOf(insn)]! : 1;
    case cbpf.BPF_LDX:
      return loadsPacket(insn) ? 6 + packetLoadLength(cbpf.BPF_B | cbpf.BPF_ABS, k) : 1;
    case cbpf.BPF_ALU: {
      const op = code & 0xf0;
      return isX && (op === cbpf.BPF_DIV || op === cbpf.BPF_MOD) ? 5 : 1;
    }
    case cbpf.BPF_JMP: {
      if (code === (cbpf.BPF_JMP | cbpf.BPF_JA)) return 1;
      const isWide = !isX && (k | 0) < 0;
      return (isWide ? 1 : 0) + (isTwoJumps(insn) ? 2 : 1);
    }
    case cbpf.BPF_RET:
      return (code & 0x18) === cbpf.BPF_A ? 1 : 2;
    default:
      return 1;
  }
}

/** The call that loads from anywhere in a packet, and in front of it what loads from its first part. */
function packetLoadLength(code: number, k: number): number {
  const offset = k | 0;
  const call = 8;
  if ((code & 0xe0) === cbpf.BPF_IND) return call + (offset === 0 ? 0 : 1);
  if (offset < 0) return call;
  const isSwapped = (code & 0x18) !== cbpf.BPF_B;
  return call + 4 + (offset === 0 ? 0 : 1) + (isSwapped ? 1 : 0) + (offset > S16_MAX ? 2 : 0);
}

/** By what is asked for. @linux net/core/filter.c `convert_bpf_extensions` (6.18) */
const EXTENSION_LENGTHS: Readonly<Record<number, number>> = {
  [cbpf.SKF_AD_PROTOCOL]: 2,
  [cbpf.SKF_AD_PKTTYPE]: 2,
  [cbpf.SKF_AD_IFINDEX]: 4,
  [cbpf.SKF_AD_NLATTR]: 4,
  [cbpf.SKF_AD_NLATTR_NEST]: 4,
  [cbpf.SKF_AD_MARK]: 1,
  [cbpf.SKF_AD_QUEUE]: 1,
  [cbpf.SKF_AD_HATYPE]: 4,
  [cbpf.SKF_AD_RXHASH]: 1,
  [cbpf.SKF_AD_CPU]: 4,
  [cbpf.SKF_AD_ALU_XOR_X]: 1,
  [cbpf.SKF_AD_VLAN_TAG]: 1,
  [cbpf.SKF_AD_VLAN_TAG_PRESENT]: 3,
  [cbpf.SKF_AD_PAY_OFFSET]: 4,
  [cbpf.SKF_AD_RANDOM]: 4,
  [cbpf.SKF_AD_VLAN_TPID]: 2,
};
