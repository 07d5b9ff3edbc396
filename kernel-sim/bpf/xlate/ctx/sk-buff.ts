/** `struct __sk_buff`, which in the kernel is `struct sk_buff`. */
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
  loadField,
  loadFrom,
  loadOf,
  spareReg,
  storeOf,
} from "./fields.ts";

/** Offsets in `struct sk_buff`. */
const DEV = 16;
const SK = 24;
const TSTAMP = 32;
const CB = 40;
const LEN = 112;
const DATA_LEN = 116;
const TSTAMP_FLAGS = 129;
const END = 188;
const HEAD = 192;
const DATA = 200;
/** Where the control block of a parsed stream has the register that is put aside. */
const SK_SKB_TEMP = 80;
const DEV_IFINDEX = 224;
const MIN_NAPI_ID = 257;

const FIELDS: KernelFields = {
  ...endpoints(88, SK),
  ...{ 0: field(4, LEN), 8: field(4, 164), 12: field(2, 124), 16: field(2, 176) },
  ...{ 24: field(2, 154), 28: field(2, 152), 32: field(4, 140), 36: field(4, 144) },
  ...{ 44: field(2, 132), 68: field(4, 148), 72: field(2, 46), 76: field(8, DATA) },
  ...{ 80: field(8, 80), 140: field(8, 72), 160: field(4, 40), 168: field(8, SK) },
};

/** Fields of `struct skb_shared_info`, which lies behind the packet. */
const SHARED_INFO: KernelFields = { 164: field(2, 6), 176: field(2, 4), 184: field(8, 16) };

/** Offsets in what programs see. */
const PKT_TYPE = 4;
const QUEUE_MAPPING = 12;
const VLAN_PRESENT = 20;
const IFINDEX = 40;
const CONTROL = 48;
const CONTROL_END = 68;
const DATA_END = 80;
const NAPI_ID = 84;
const WHEN = 152;
export const SKB_TSTAMP_TYPE = 180;

const isControl = (off: number) => off >= CONTROL && off < CONTROL_END;

/** @linux net/core/filter.c `bpf_convert_ctx_access` (6.18) */
export const skBuff: CtxConversion = {
  fieldSize: (off) => (isControl(off) || (off >= WHEN && off < WHEN + 8) ? 0 : 4),
  load(insn, off, { isTstampTypeAccessed }) {
    const { dstReg: dst, srcReg: src } = insn;
    if (isControl(off)) return control(insn, off);
    if (SHARED_INFO[off] !== undefined) return fromSharedInfo(insn, off);
    switch (off) {
      case WHEN: {
        const guard = isTstampTypeAccessed ? [] : monotonicOnly(dst, src);
        return converted(8, ...guard, i.load(i.DW, dst, src, TSTAMP));
      }
      case SKB_TSTAMP_TYPE:
        return converted(1, i.load(i.B, dst, src, TSTAMP_FLAGS), i.aluImm(i.AND, dst, 3, false));
      case PKT_TYPE:
        return converted(1, i.load(i.B, dst, src, 128), i.aluImm(i.AND, dst, 7, false));
      case VLAN_PRESENT:
        return converted(
          4,
          i.load(i.W, dst, src, 152),
          i.jumpImm(i.JEQ, dst, 0, 1),
          i.aluImm(i.MOV, dst, 1, false),
        );
      case IFINDEX:
        return converted(
          4,
          i.load(i.DW, dst, src, DEV),
          i.jumpImm(i.JEQ, dst, 0, 1),
          i.load(i.W, dst, dst, DEV_IFINDEX),
        );
      case NAPI_ID:
        return converted(
          4,
          i.load(i.W, dst, src, 156),
          i.jumpImm(i.JGE, dst, MIN_NAPI_ID, 1),
          i.aluImm(i.MOV, dst, 0),
        );
      default:
        return loadFrom(FIELDS, insn, off);
    }
  },
  store(insn, { isTstampTypeAccessed }) {
    const { dstReg, off } = insn;
    if (off === WHEN) {
      const guard = isTstampTypeAccessed ? [] : forgetTstampKind(dstReg);
      return converted(8, ...guard, { ...insn, off: TSTAMP });
    }
    if (isControl(off)) return converted(8, insn);
    const found = FIELDS[off];
    if (found === undefined) return undefined;
    const store = storeOf(insn, found.size, dstReg, found.off);
    return off === QUEUE_MAPPING ? storeQueue(insn, store) : converted(found.size, store);
  },
};

/** There always is a device. @linux net/core/filter.c `tc_cls_act_convert_ctx_access` (6.18) */
export const tcSkBuff: CtxConversion = {
  ...skBuff,
  load(insn, off, target) {
    if (off === IFINDEX) return loadField(insn, field(4, DEV_IFINDEX, DEV));
    return skBuff.load(insn, off, target);
  },
};

/** Packets of a stream have another control block. @linux net/core/filter.c `sk_skb_convert_ctx_access` (6.18) */
export const streamSkBuff: CtxConversion = {
  ...skBuff,
  load(insn, off, target) {
    if (isControl(off)) return control(insn, off - CONTROL + CB);
    return off === DATA_END ? linearEnd(insn) : skBuff.load(insn, off, target);
  },
};

function control({ code, dstReg, srcReg }: Insn, off: number): Converted {
  return converted(8, i.raw(0x61 | (code & 0x18), dstReg, srcReg, off));
}

function fromSharedInfo({ dstReg: dst, srcReg: src }: Insn, off: number): Converted {
  const { size, off: at } = SHARED_INFO[off]!;
  return converted(
    size,
    i.load(i.W, AX, src, END),
    i.load(i.DW, dst, src, HEAD),
    i.aluReg(i.ADD, dst, AX),
    loadOf(size, dst, dst, at),
  );
}

/** Where the part of the packet ends that lies in one piece. @linux net/core/filter.c `bpf_convert_data_end_access` (6.18) */
function linearEnd(insn: Insn): Converted {
  const { dstReg: dst, srcReg: src } = insn;
  const isSame = dst === src;
  const reg = isSame ? spareReg(insn) : dst;
  const computed = [
    i.load(i.DW, reg, src, DATA),
    i.load(i.W, AX, src, LEN),
    i.aluReg(i.ADD, reg, AX),
    i.load(i.W, AX, src, DATA_LEN),
    i.aluReg(i.SUB, reg, AX),
  ];
  if (!isSame) return converted(8, ...computed);
  return converted(
    8,
    i.raw(0x7b, src, reg, SK_SKB_TEMP),
    ...computed,
    i.aluReg(i.MOV, AX, src),
    i.aluReg(i.MOV, dst, reg),
    i.load(i.DW, reg, AX, SK_SKB_TEMP),
  );
}

/** Bits of the flags of time stamps: the packet comes from the network, and the stamp is one of sending. */
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

const NO_QUEUE_MAPPING = 0xffff;

/** A number that is too large for a queue is not written. */
function storeQueue(insn: Insn, store: Insn): Converted {
  const isImm = (insn.code & 7) === 2;
  if (!isImm) return converted(2, i.jumpImm(i.JGE, insn.srcReg, NO_QUEUE_MAPPING, 1), store);
  return converted(2, insn.imm >= NO_QUEUE_MAPPING ? i.jump(0) : store);
}
