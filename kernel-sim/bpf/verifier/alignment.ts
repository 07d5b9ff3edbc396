import { EACCES } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { fromS32 } from "./int64.ts";
import type { Reg } from "./reg-state.ts";
import {
  PTR_TO_ARENA,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from "./reg-type.ts";
import { tnumAdd, tnumConst, tnumIsAligned, tnumText } from "./tnum.ts";

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  [PTR_TO_FLOW_KEYS]: "flow keys ",
  [PTR_TO_MAP_KEY]: "key ",
  [PTR_TO_MAP_VALUE]: "value ",
  [PTR_TO_CTX]: "context ",
  [PTR_TO_STACK]: "stack ",
  [PTR_TO_SOCKET]: "sock ",
  [PTR_TO_SOCK_COMMON]: "sock_common ",
  [PTR_TO_TCP_SOCK]: "tcp_sock ",
  [PTR_TO_XDP_SOCK]: "xdp_sock ",
};

/** Packets start two bytes off, so that the IP header is aligned. */
const NET_IP_ALIGN = 2;

/**
 * x86 does not care for alignment, but the stack is tracked in aligned slots, and a program may ask
 * to be held to the rules of other machines.
 *
 * @linux kernel/bpf/verifier.c `check_ptr_alignment` (6.18)
 */
export function checkPtrAlignment(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  isStrictOnce: boolean,
): 0 | number {
  const { type } = reg;
  if (type === PTR_TO_ARENA) return 0;
  const isStrict = env.strictAlignment || isStrictOnce || type === PTR_TO_STACK;
  if (!isStrict || size === 1) return 0;
  const isPacket = type === PTR_TO_PACKET || type === PTR_TO_PACKET_META;
  const distance = reg.off + off + (isPacket ? NET_IP_ALIGN : 0);
  if (tnumIsAligned(tnumAdd(reg.varOff, tnumConst(fromS32(distance))), size)) return 0;
  const varOff = tnumText(reg.varOff);
  env.verbose(
    isPacket
      ? `misaligned packet access off ${NET_IP_ALIGN}+${varOff}+${reg.off}+${off} size ${size}\n`
      : `misaligned ${DESCRIPTIONS[type] ?? ""}access off ${varOff}+${reg.off}+${off} size ${size}\n`,
  );
  return -EACCES;
}
