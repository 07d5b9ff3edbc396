/**
 * Accesses to the context, and to sockets behind pointers, are accesses to the structures of the
 * kernel behind them.
 *
 * @linux kernel/bpf/verifier.c `convert_ctx_accesses` (6.18)
 */
import type { Insn } from "../../../api.ts";
import * as uapi from "../../uapi.ts";
import {
  baseType,
  PTR_TO_CTX,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from "../../verifier/reg-type.ts";
import * as i from "../insns.ts";
import { sockopt, sysctl } from "./cgroup.ts";
import { accessBytes, type CtxConversion, type CtxTarget } from "./fields.ts";
import { flowDissector } from "./flow-dissector.ts";
import { perfEvent } from "./perf-event.ts";
import { skBuff, streamSkBuff, tcSkBuff } from "./sk-buff.ts";
import { sock, tcpSock, xdpSock } from "./sock.ts";
import { sockAddr } from "./sock-addr.ts";
import { sockOps } from "./sock-ops.ts";
import { skLookup, skMsg, skReuseport } from "./sock-programs.ts";
import { xdpMd } from "./xdp-md.ts";

/** By type of program; the others see their contexts as they are. */
const CONTEXTS: Readonly<Record<number, CtxConversion>> = {
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: skBuff,
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: tcSkBuff,
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: tcSkBuff,
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: skBuff,
  [uapi.BPF_PROG_TYPE_LWT_IN]: skBuff,
  [uapi.BPF_PROG_TYPE_LWT_OUT]: skBuff,
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: skBuff,
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: skBuff,
  [uapi.BPF_PROG_TYPE_SK_SKB]: streamSkBuff,
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: flowDissector,
  [uapi.BPF_PROG_TYPE_XDP]: xdpMd,
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: perfEvent,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: sock,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: sockAddr,
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: sysctl,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: sockopt,
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: sockOps,
  [uapi.BPF_PROG_TYPE_SK_MSG]: skMsg,
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: skLookup,
  [uapi.BPF_PROG_TYPE_SK_REUSEPORT]: skReuseport,
};

const SOCKETS: Readonly<Record<number, CtxConversion>> = {
  [PTR_TO_SOCKET]: sock,
  [PTR_TO_SOCK_COMMON]: sock,
  [PTR_TO_TCP_SOCK]: tcpSock,
  [PTR_TO_XDP_SOCK]: xdpSock,
};

const MEMSX = 0x80;

/**
 * @param ptrType of the pointer that is followed
 * @returns undefined: the access stays as it is
 */
export function convertAccess(
  target: CtxTarget,
  ptrType: number,
  insn: Insn,
): readonly Insn[] | undefined {
  const conversion =
    ptrType === PTR_TO_CTX ? CONTEXTS[target.progType] : SOCKETS[baseType(ptrType)];
  if (conversion === undefined) return undefined;
  const isLoad = (insn.code & 7) === 1;
  return isLoad ? load(conversion, target, insn) : conversion.store?.(insn, target)?.insns;
}

/** Less than a field is read by reading the field. */
function load(
  conversion: CtxConversion,
  target: CtxTarget,
  insn: Insn,
): readonly Insn[] | undefined {
  const { code, dstReg, off } = insn;
  const size = accessBytes(insn);
  const fieldSize = conversion.fieldSize?.(off, size) ?? 0;
  const isNarrower = size < fieldSize;
  const found = conversion.load(insn, isNarrower ? off & ~(fieldSize - 1) : off, target);
  if (found === undefined) return undefined;
  const insns = [...found.insns];
  if (isNarrower && size < found.targetSize) {
    const shift = (off & (fieldSize - 1)) * 8;
    if (shift > 0) insns.push(i.aluImm(i.RSH, dstReg, shift, fieldSize > 4));
    insns.push(i.aluImm(i.AND, dstReg, (2 ** (size * 8) - 1) | 0, false));
  }
  if ((code & 0xe0) === MEMSX) insns.push(i.raw(0xbf, dstReg, dstReg, size * 8));
  return insns;
}
