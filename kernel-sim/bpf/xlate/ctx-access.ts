/**
 * Accesses to the context are accesses to the structures of the kernel behind it.
 *
 * @linux net/core/filter.c `bpf_convert_ctx_access`, `xdp_convert_ctx_access` (6.18)
 */
import type { Insn } from "../../api.ts";
import * as uapi from "../uapi.ts";
import * as i from "./insns.ts";
import { BPF_REG_AX as AX } from "./insns.ts";

/** What stands for an access, and how many bytes the field has in the kernel. */
interface Converted {
  readonly insns: readonly Insn[];
  readonly targetSize: number;
}

type Convert = (insn: Insn, off: number, target: CtxTarget) => Converted | undefined;

/** The program that an access belongs to. */
export interface CtxTarget {
  readonly progType: number;
  /** It knows of which clock time stamps are. */
  readonly isTstampTypeAccessed: boolean;
}

/** In `struct __sk_buff`. */
export const SKB_TSTAMP_TYPE = 180;

const SKB_TYPES: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_SOCKET_FILTER,
  uapi.BPF_PROG_TYPE_SCHED_CLS,
  uapi.BPF_PROG_TYPE_SCHED_ACT,
  uapi.BPF_PROG_TYPE_CGROUP_SKB,
  uapi.BPF_PROG_TYPE_LWT_IN,
  uapi.BPF_PROG_TYPE_LWT_OUT,
  uapi.BPF_PROG_TYPE_LWT_XMIT,
  uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL,
]);

const SIZES: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 };
const MEMSX = 0x80;

/** Undefined: the access stays as it is. @linux kernel/bpf/verifier.c `convert_ctx_accesses` (6.18) */
export function convertCtxAccess(target: CtxTarget, insn: Insn): readonly Insn[] | undefined {
  const { progType } = target;
  const isLoad = (insn.code & 7) === 1;
  const convert = SKB_TYPES.has(progType)
    ? isLoad
      ? skbLoad
      : skbStore
    : progType === uapi.BPF_PROG_TYPE_XDP && isLoad
      ? xdpLoad
      : undefined;
  if (convert === undefined) return undefined;
  const size = SIZES[insn.code & 0x18]!;
  const start = isLoad && isNarrowable(insn.off, progType) ? insn.off & ~3 : insn.off;
  const converted = convert(insn, start, target);
  if (converted === undefined) return undefined;
  const insns = [...converted.insns];
  const { dstReg } = insn;
  if (isLoad && isNarrowable(insn.off, progType) && size < 4 && size < converted.targetSize) {
    const shift = (insn.off - start) * 8;
    if (shift > 0) insns.push(i.aluImm(i.RSH, dstReg, shift, false));
    insns.push(i.aluImm(i.AND, dstReg, 2 ** (size * 8) - 1, false));
  }
  if (isLoad && (insn.code & 0xe0) === MEMSX) insns.push(i.raw(0xbf, dstReg, dstReg, size * 8));
  return insns;
}

const SKB_CB = 48;
const SKB_CB_END = 68;
const SKB_TSTAMP = 152;

/** Parts of it may be read. */
function isNarrowable(off: number, progType: number): boolean {
  if (!SKB_TYPES.has(progType)) return false;
  return (off < SKB_CB || off >= SKB_CB_END) && (off < SKB_TSTAMP || off >= SKB_TSTAMP + 8);
}

/** Offsets in `struct xdp_buff`, and of the number of a device. */
const XDP_RXQ = 32;
const XDP_TXQ = 40;
const RXQ_QUEUE_INDEX = 8;
const DEV_IFINDEX = 224;

const xdpLoad: Convert = ({ dstReg: dst, srcReg: src }, off) => {
  const device = (queue: number) =>
    field(
      4,
      i.load(i.DW, dst, src, queue),
      i.load(i.DW, dst, dst, 0),
      i.load(i.W, dst, dst, DEV_IFINDEX),
    );
  switch (off) {
    case 0:
    case 4:
    case 8:
      return field(8, i.load(i.DW, dst, src, off * 2));
    case 12:
      return device(XDP_RXQ);
    case 16:
      return field(4, i.load(i.DW, dst, src, XDP_RXQ), i.load(i.W, dst, dst, RXQ_QUEUE_INDEX));
    case 20:
      return device(XDP_TXQ);
    default:
      return undefined;
  }
};

function field(targetSize: number, ...insns: readonly Insn[]): Converted {
  return { insns, targetSize };
}

/** Fields of `struct __sk_buff` that are one of `struct sk_buff`: where, and how large. */
const SKB_FIELDS: Readonly<Record<number, readonly [off: number, size: number]>> = {
  0: [112, 4],
  8: [164, 4],
  12: [124, 2],
  16: [176, 2],
  24: [154, 2],
  28: [152, 2],
  32: [140, 4],
  36: [144, 4],
  44: [132, 2],
  68: [148, 4],
  72: [46, 2],
  76: [200, 8],
  80: [80, 8],
  140: [72, 8],
  160: [40, 4],
  168: [24, 8],
};

/** Fields of the socket of a packet. */
const SOCK_FIELDS: Readonly<Record<number, readonly [off: number, size: number]>> = {
  88: [16, 2],
  92: [0, 4],
  96: [4, 4],
  ...{ 100: [56, 4], 104: [60, 4], 108: [64, 4], 112: [68, 4] },
  ...{ 116: [72, 4], 120: [76, 4], 124: [80, 4], 128: [84, 4] },
  132: [12, 2],
  136: [14, 2],
};

/** Fields of `struct skb_shared_info`. */
const SHARED_INFO_FIELDS: Readonly<Record<number, readonly [off: number, size: number]>> = {
  164: [6, 2],
  176: [4, 2],
  184: [16, 8],
};

const LOADS: Readonly<Record<number, number>> = { 1: i.B, 2: i.H, 4: i.W, 8: i.DW };
const SKB_DEV = 16;
const SKB_SK = 24;
const SKB_END = 188;
const SKB_HEAD = 192;
const SKB_REMOTE_PORT = 132;
const MIN_NAPI_ID = 257;

const skbLoad: Convert = (insn, off, { isTstampTypeAccessed }) => {
  const { code, dstReg: dst, srcReg: src } = insn;
  if (off >= SKB_CB && off < SKB_CB_END) {
    return field(8, i.raw(0x61 | (code & 0x18), dst, src, off));
  }
  const plain = SKB_FIELDS[off];
  if (plain !== undefined) return field(plain[1], i.load(LOADS[plain[1]]!, dst, src, plain[0]));
  const ofSock = SOCK_FIELDS[off];
  if (ofSock !== undefined) {
    const loads = [i.load(i.DW, dst, src, SKB_SK), i.load(LOADS[ofSock[1]]!, dst, dst, ofSock[0])];
    if (off === SKB_REMOTE_PORT) loads.push(i.aluImm(i.LSH, dst, 16, false));
    return field(ofSock[1], ...loads);
  }
  const shared = SHARED_INFO_FIELDS[off];
  if (shared !== undefined) {
    const size = LOADS[shared[1]]!;
    return field(
      shared[1],
      i.load(i.W, AX, src, SKB_END),
      i.load(i.DW, dst, src, SKB_HEAD),
      i.aluReg(i.ADD, dst, AX),
      i.load(size, dst, dst, shared[0]),
    );
  }
  switch (off) {
    case SKB_TSTAMP:
      return field(
        8,
        ...(isTstampTypeAccessed ? [] : monotonicOnly(dst, src)),
        i.load(i.DW, dst, src, TSTAMP),
      );
    case SKB_TSTAMP_TYPE:
      return field(1, i.load(i.B, dst, src, TSTAMP_FLAGS), i.aluImm(i.AND, dst, 3, false));
    case 4:
      return field(1, i.load(i.B, dst, src, 128), i.aluImm(i.AND, dst, 7, false));
    case 20:
      return field(
        4,
        i.load(i.W, dst, src, 152),
        i.jumpImm(i.JEQ, dst, 0, 1),
        i.aluImm(i.MOV, dst, 1, false),
      );
    case 40:
      return field(4, i.load(i.DW, dst, src, SKB_DEV), i.load(i.W, dst, dst, DEV_IFINDEX));
    case 84:
      return field(
        4,
        i.load(i.W, dst, src, 156),
        i.jumpImm(i.JGE, dst, MIN_NAPI_ID, 1),
        i.aluImm(i.MOV, dst, 0),
      );
    default:
      return undefined;
  }
};

/** Offsets in `struct sk_buff`. */
const TSTAMP = 32;
const TSTAMP_FLAGS = 129;
/** Bits of its flags: the packet comes from the network, and the stamp is one of sending. */
const TC_AT_INGRESS = 4;
const TSTAMP_KINDS = 3;

/** Who does not ask for the clock reads 0 on the way in where a stamp is one of sending. */
function monotonicOnly(dst: number, src: number): readonly Insn[] {
  return [
    i.load(i.B, AX, src, TSTAMP_FLAGS),
    i.jumpImm(i.JSET, AX, TC_AT_INGRESS, 1, false),
    i.jump(4),
    i.jumpImm(i.JSET, AX, TSTAMP_KINDS, 1, false),
    i.jump(2),
    i.aluImm(i.MOV, dst, 0),
    i.jump(1),
  ];
}

/** Sizes of stores as they stand in codes. */
const STORES: Readonly<Record<number, number>> = { 2: 0x08, 4: 0x00 };
const NO_QUEUE_MAPPING = 0xffff;
const SKB_QUEUE_MAPPING = 12;

/** On the way in, what is written is a stamp of receiving. */
function forgetTstampKind(ctx: number): readonly Insn[] {
  return [
    i.load(i.B, AX, ctx, TSTAMP_FLAGS),
    i.jumpImm(i.JSET, AX, TC_AT_INGRESS, 1, false),
    i.jump(2),
    i.aluImm(i.AND, AX, ~TSTAMP_KINDS, false),
    i.raw(0x73, ctx, AX, TSTAMP_FLAGS),
  ];
}

const skbStore: Convert = (insn, off, { isTstampTypeAccessed }) => {
  const { dstReg } = insn;
  if (off === SKB_TSTAMP) {
    const store = { ...insn, off: TSTAMP };
    return field(8, ...(isTstampTypeAccessed ? [] : forgetTstampKind(dstReg)), store);
  }
  if (off >= SKB_CB && off < SKB_CB_END) return field(8, insn);
  const plain = SKB_FIELDS[off];
  if (plain === undefined) return undefined;
  const store: Insn = { ...insn, code: (insn.code & ~0x18) | STORES[plain[1]]!, off: plain[0] };
  if (off !== SKB_QUEUE_MAPPING) return field(plain[1], store);
  const isImm = (insn.code & 7) === 2;
  if (!isImm) return field(2, i.jumpImm(i.JGE, insn.srcReg, NO_QUEUE_MAPPING, 1), store);
  return field(2, insn.imm >= NO_QUEUE_MAPPING ? i.jump(0) : store);
};
