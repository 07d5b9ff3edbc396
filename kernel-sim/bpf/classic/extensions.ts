/** What classic programs may ask about a packet beside its bytes. @linux net/core/filter.c `convert_bpf_extensions` (6.18) */
import type { Insn } from "../../api.ts";
import * as ctx from "../contexts.ts";
import {
  EXIT,
  insn,
  JNE_IMM,
  LDX_W,
  MOV64_REG,
  R_A,
  R_CTX,
  R_TMP,
  R_X,
  XOR32_REG,
} from "./ebpf.ts";
import * as cbpf from "./sock-filter.ts";

/** `struct __sk_buff`, and behind it what only classic programs may ask for. */
const SKB_VLAN_PRESENT = 20;
const SKB_VLAN_TCI = 24;
const SKB_VLAN_PROTO = 28;
const SKB_HASH = 68;
export const SKB_HATYPE = ctx.SK_BUFF_BYTES;
export const CLASSIC_SKB_BYTES = ctx.SK_BUFF_BYTES + 8;

/** Functions that only converted programs call: their numbers lie behind those of the helpers. */
export const SKB_GET_PAY_OFFSET = 212;
export const SKB_GET_NLATTR = 213;
export const SKB_GET_NLATTR_NEST = 214;
const GET_PRANDOM_U32 = 7;
const GET_SMP_PROCESSOR_ID = 8;

const TO_BE16 = 0xdc;
const CALL = 0x85;

export function convertExtension(what: number): readonly Insn[] {
  switch (what) {
    case cbpf.SKF_AD_PROTOCOL:
      return bigEndian(ctx.SKB_PROTOCOL);
    case cbpf.SKF_AD_PKTTYPE:
      return [field(ctx.SKB_PKT_TYPE)];
    case cbpf.SKF_AD_IFINDEX:
      return ofDevice(ctx.SKB_IFINDEX);
    case cbpf.SKF_AD_HATYPE:
      return ofDevice(SKB_HATYPE);
    case cbpf.SKF_AD_MARK:
      return [field(ctx.SKB_MARK)];
    case cbpf.SKF_AD_RXHASH:
      return [field(SKB_HASH)];
    case cbpf.SKF_AD_QUEUE:
      return [field(ctx.SKB_QUEUE_MAPPING)];
    case cbpf.SKF_AD_VLAN_TAG:
      return [field(SKB_VLAN_TCI)];
    case cbpf.SKF_AD_VLAN_TAG_PRESENT:
      return [field(SKB_VLAN_PRESENT)];
    case cbpf.SKF_AD_VLAN_TPID:
      return bigEndian(SKB_VLAN_PROTO);
    case cbpf.SKF_AD_ALU_XOR_X:
      return [insn(XOR32_REG, R_A, R_X)];
    case cbpf.SKF_AD_PAY_OFFSET:
      return call(SKB_GET_PAY_OFFSET);
    case cbpf.SKF_AD_NLATTR:
      return call(SKB_GET_NLATTR);
    case cbpf.SKF_AD_NLATTR_NEST:
      return call(SKB_GET_NLATTR_NEST);
    case cbpf.SKF_AD_CPU:
      return call(GET_SMP_PROCESSOR_ID);
    default:
      return call(GET_PRANDOM_U32);
  }
}

function field(off: number): Insn {
  return insn(LDX_W, R_A, R_CTX, off);
}

function bigEndian(off: number): readonly Insn[] {
  return [field(off), insn(TO_BE16, R_A, 0, 0, 16)];
}

/** A packet that came over no device ends the program, with what is in A. */
function ofDevice(off: number): readonly Insn[] {
  return [insn(LDX_W, R_TMP, R_CTX, ctx.SKB_IFINDEX), insn(JNE_IMM, R_TMP, 0, 1), EXIT, field(off)];
}

/** With the packet, A and X. */
function call(func: number): readonly Insn[] {
  return [
    insn(MOV64_REG, 1, R_CTX),
    insn(MOV64_REG, 2, R_A),
    insn(MOV64_REG, 3, R_X),
    insn(CALL, 0, 0, 0, func),
  ];
}
