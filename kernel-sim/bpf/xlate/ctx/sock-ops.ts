/** `struct bpf_sock_ops`, which in the kernel is `struct bpf_sock_ops_kern`. */
import type { Insn } from "../../../api.ts";
import * as i from "../insns.ts";
import { BPF_REG_AX as AX } from "../insns.ts";
import {
  type Converted,
  type CtxConversion,
  converted,
  endpoints,
  field,
  type KernelFields,
  loadFrom,
  loadOf,
  spareReg,
  storeOf,
} from "./fields.ts";

/** Offsets in it. */
const SK = 0;
const ARGS = 8;
const SKB = 32;
const OP = 48;
const IS_FULLSOCK = 49;
const IS_LOCKED_TCP_SOCK = 50;
const TEMP = 56;

const FIELDS: KernelFields = {
  ...endpoints(20, SK),
  0: field(1, OP),
  ...{ 4: field(4, ARGS), 8: field(4, ARGS + 4), 12: field(4, ARGS + 8), 16: field(4, ARGS + 12) },
  72: field(1, IS_FULLSOCK),
  88: field(1, 18, SK),
  92: field(4, 1500, SK),
  200: field(8, 40),
};

type Fields = Readonly<Record<number, readonly [off: number, size: number]>>;

const SK_TXHASH = 164;

/** Fields of `struct tcp_sock`, for those who hold its lock. */
const TCP_FIELDS: Fields = {
  ...{ 76: [1444, 4], 80: [1680, 4], 84: [2232, 1], 96: [1492, 4], 100: [1664, 4] },
  ...{ 104: [1668, 4], 108: [1672, 4], 112: [1440, 4], 116: [1640, 1], 120: [1780, 4] },
  ...{ 124: [1784, 4], 128: [1684, 4], 132: [1480, 4], 136: [2200, 4], 140: [1760, 4] },
  ...{ 144: [1764, 4], 148: [1536, 4], 152: [1540, 4], 156: [1452, 4], 160: [1456, 4] },
  [SK_TXHASH]: [564, 4],
  ...{ 168: [1752, 8], 176: [1824, 8] },
};

/** Fields of the packet, if there is one. */
const SKB_FIELDS: Fields = { 192: [200, 8], 208: [112, 4], 212: [52, 2] };

const FULL_SOCK = 184;
const HWTSTAMP = 216;
/** Offsets in `struct sk_buff` and `struct skb_shared_info`. */
const SKB_END = 188;
const SKB_HEAD = 192;
const SHARED_HWTSTAMPS = 16;

/** @linux net/core/filter.c `sock_ops_convert_ctx_access` (6.18) */
export const sockOps: CtxConversion = {
  fieldSize: (off) => (off === 212 ? 4 : 0),
  load(insn, off) {
    const { dstReg: dst, srcReg: src } = insn;
    const ofTcp = TCP_FIELDS[off];
    if (ofTcp !== undefined) {
      const value = loadOf(ofTcp[1], dst, dst, ofTcp[0]);
      return guarded(insn, IS_LOCKED_TCP_SOCK, ofTcp[1], [i.load(i.DW, dst, src, SK), value]);
    }
    if (off === FULL_SOCK) return guarded(insn, IS_FULLSOCK, 8, [i.load(i.DW, dst, src, SK)]);
    const ofPacket = SKB_FIELDS[off];
    if (ofPacket !== undefined) {
      const [at, size] = ofPacket;
      return converted(size, ...ifThere(insn, SKB, loadOf(size, dst, dst, at)));
    }
    if (off !== HWTSTAMP) return loadFrom(FIELDS, insn, off);
    const stamp = [
      i.load(i.W, AX, dst, SKB_END),
      i.load(i.DW, dst, dst, SKB_HEAD),
      i.aluReg(i.ADD, dst, AX),
      i.load(i.DW, dst, dst, SHARED_HWTSTAMPS),
    ];
    return converted(8, ...ifThere(insn, SKB, ...stamp));
  },
  store(insn) {
    if (insn.off === SK_TXHASH) return storeLocked(insn);
    return converted(4, storeOf(insn, 4, insn.dstReg, ARGS));
  },
};

/** Follows a pointer of the context unless there is none. */
function ifThere({ dstReg, srcReg }: Insn, pointer: number, ...then: readonly Insn[]): Insn[] {
  return [i.load(i.DW, dstReg, srcReg, pointer), i.jumpImm(i.JEQ, dstReg, 0, then.length), ...then];
}

/** Reads 0 unless a flag of the context is set. @linux net/core/filter.c `SOCK_OPS_GET_FIELD` (6.18) */
function guarded(insn: Insn, flag: number, size: number, then: readonly Insn[]): Converted {
  const { dstReg: dst, srcReg: src } = insn;
  if (dst !== src) {
    return converted(
      size,
      i.load(i.B, dst, src, flag),
      i.jumpImm(i.JEQ, dst, 0, then.length),
      ...then,
    );
  }
  // The flag must not take the place of the context.
  const reg = spareReg(insn);
  return converted(
    size,
    i.raw(0x7b, src, reg, TEMP),
    i.load(i.B, reg, src, flag),
    i.jumpImm(i.JEQ, reg, 0, then.length + 2),
    i.load(i.DW, reg, src, TEMP),
    ...then,
    i.jump(2),
    i.load(i.DW, reg, src, TEMP),
    i.aluImm(i.MOV, dst, 0),
  );
}

/** @linux net/core/filter.c `SOCK_OPS_SET_FIELD` (6.18) */
function storeLocked(insn: Insn): Converted {
  const ctx = insn.dstReg;
  const reg = spareReg(insn);
  const [off, size] = TCP_FIELDS[SK_TXHASH]!;
  return converted(
    size,
    i.raw(0x7b, ctx, reg, TEMP),
    i.load(i.B, reg, ctx, IS_LOCKED_TCP_SOCK),
    i.jumpImm(i.JEQ, reg, 0, 2),
    i.load(i.DW, reg, ctx, SK),
    storeOf(insn, size, reg, off),
    i.load(i.DW, reg, ctx, TEMP),
  );
}
