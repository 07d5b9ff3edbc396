import { EACCES } from "../../include/errno.ts";
import type { CtxRequest } from "./ctx/access.ts";
import {
  isSockAccessOk,
  isSockCommonAccessOk,
  isTcpSockAccessOk,
  isXdpSockAccessOk,
} from "./ctx/sock.ts";
import type { VerifierEnv } from "./env.ts";
import { isNegative } from "./int64.ts";
import {
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  regTypeStr,
} from "./reg-type.ts";

const CHECKS: Readonly<Record<number, (request: CtxRequest) => boolean>> = {
  [PTR_TO_SOCK_COMMON]: isSockCommonAccessOk,
  [PTR_TO_SOCKET]: isSockAccessOk,
  [PTR_TO_TCP_SOCK]: isTcpSockAccessOk,
  [PTR_TO_XDP_SOCK]: isXdpSockAccessOk,
};

/** What says whether a load from a socket of a register type is allowed. */
export function sockAccessOf(regType: number): ((request: CtxRequest) => boolean) | undefined {
  return CHECKS[regType];
}

/** A load through a pointer to a socket. @linux kernel/bpf/verifier.c `check_sock_access` (6.18) */
export function checkSockAccess(
  env: VerifierEnv,
  _insnIdx: number,
  regno: number,
  off: number,
  size: number,
  access: number,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (isNegative(reg.smin)) {
    env.verbose(
      `R${regno} min value is negative, either use unsigned index or do a if (index >=0) check.\n`,
    );
    return -EACCES;
  }
  const request = {
    off,
    size,
    access,
    isLdsx: false,
    expectedAttachType: env.expectedAttachType,
    isBpfCapable: env.bpfCapable,
  };
  if (sockAccessOf(reg.type)?.(request) === true) return 0;
  env.verbose(`R${regno} invalid ${regTypeStr(reg.type)} access off=${off} size=${size}\n`);
  return -EACCES;
}
