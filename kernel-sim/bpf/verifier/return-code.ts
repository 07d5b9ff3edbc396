/** What a program may answer: each hook understands a range of numbers. */
import { EACCES, EINVAL } from "../../include/errno.ts";
import {
  BPF_CGROUP_INET_EGRESS,
  BPF_CGROUP_INET4_BIND,
  BPF_CGROUP_INET4_GETPEERNAME,
  BPF_CGROUP_INET4_GETSOCKNAME,
  BPF_CGROUP_INET6_BIND,
  BPF_CGROUP_INET6_GETPEERNAME,
  BPF_CGROUP_INET6_GETSOCKNAME,
  BPF_CGROUP_UDP4_RECVMSG,
  BPF_CGROUP_UDP6_RECVMSG,
  BPF_CGROUP_UNIX_GETPEERNAME,
  BPF_CGROUP_UNIX_GETSOCKNAME,
  BPF_CGROUP_UNIX_RECVMSG,
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SOCK_OPS,
  BPF_TRACE_KPROBE_SESSION,
  BPF_TRACE_UPROBE_SESSION,
} from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { eq, fromS32, leS, S64_MAX, S64_MIN, toBigS } from "./int64.ts";
import { checkRegArg, isPointerValue, SRC_OP } from "./reg-arg.ts";
import type { Reg } from "./reg-state.ts";
import { regTypeStr, SCALAR_VALUE } from "./reg-type.ts";
import type { RetvalRange } from "./states.ts";

/**
 * Whether the register may be the answer of the program, or of the callback, that ends here.
 *
 * @linux kernel/bpf/verifier.c `check_return_code` (6.18)
 */
export function checkReturnCode(env: VerifierEnv, regno: number, regName: string): 0 | number {
  const err = checkRegArg(env, regno, SRC_OP);
  if (err !== 0) return err;
  if (isPointerValue(env, regno)) {
    env.verbose(`R${regno} leaks addr as return value\n`);
    return -EACCES;
  }
  // The function that nobody called: an exception may end others with it.
  const outermost = env.curState.frames[0]!;
  if (outermost.inAsyncCallbackFn) {
    const range = outermost.callbackRetRange;
    return enforceRange(env, regno, regName, range, "At async callback return");
  }
  if (outermost.subprogno !== 0 && !outermost.inExceptionCallbackFn) {
    const { type } = env.frame.reg(regno);
    if (type === SCALAR_VALUE) return 0;
    env.verbose(
      `At subprogram exit the register R${regno} is not a scalar value (${regTypeStr(type)})\n`,
    );
    return -EINVAL;
  }
  const range = rangeOf(env.progType, env.expectedAttachType);
  if (range === undefined) return 0;
  return enforceRange(env, regno, regName, range, "At program exit");
}

function enforceRange(
  env: VerifierEnv,
  regno: number,
  regName: string,
  range: RetvalRange,
  where: string,
): 0 | number {
  const { type } = env.frame.reg(regno);
  if (type !== SCALAR_VALUE) {
    env.verbose(`${where} the register R${regno} is not a known value (${regTypeStr(type)})\n`);
    return -EINVAL;
  }
  const err = markChainPrecision(env, regno);
  if (err !== 0) return err;
  const reg = env.frame.reg(regno);
  if (isWithinRange(range, reg)) return 0;
  verboseInvalidScalar(env, reg, range, where, regName);
  return -EINVAL;
}

/** Whether all that the register may hold is in the range. @linux kernel/bpf/verifier.c `retval_range_within` (6.18) */
export function isWithinRange({ min, max }: RetvalRange, reg: Reg): boolean {
  return leS(fromS32(min), reg.smin) && leS(reg.smax, fromS32(max));
}

/** @linux kernel/bpf/verifier.c `verbose_invalid_scalar` (6.18) */
export function verboseInvalidScalar(
  env: VerifierEnv,
  reg: Reg,
  { min, max }: RetvalRange,
  where: string,
  regName: string,
): void {
  let known = "";
  if (!eq(reg.smin, S64_MIN)) known += ` smin=${toBigS(reg.smin)}`;
  if (!eq(reg.smax, S64_MAX)) known += ` smax=${toBigS(reg.smax)}`;
  if (known === "") known = " unknown scalar value";
  env.verbose(
    `${where} the register ${regName} has${known} should have been in [${min}, ${max}]\n`,
  );
}

const NO_OR_YES: RetvalRange = { min: 0, max: 1 };
const YES_ONLY: RetvalRange = { min: 1, max: 1 };
const TWO_BITS: RetvalRange = { min: 0, max: 3 };

const ALWAYS_YES: ReadonlySet<number> = new Set([
  BPF_CGROUP_UDP4_RECVMSG,
  BPF_CGROUP_UDP6_RECVMSG,
  BPF_CGROUP_UNIX_RECVMSG,
  BPF_CGROUP_INET4_GETPEERNAME,
  BPF_CGROUP_INET6_GETPEERNAME,
  BPF_CGROUP_UNIX_GETPEERNAME,
  BPF_CGROUP_INET4_GETSOCKNAME,
  BPF_CGROUP_INET6_GETSOCKNAME,
  BPF_CGROUP_UNIX_GETSOCKNAME,
]);

/** Undefined where any number will do. */
function rangeOf(progType: number, attachType: number): RetvalRange | undefined {
  switch (progType) {
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      if (ALWAYS_YES.has(attachType)) return YES_ONLY;
      // A second bit says whether the port may be one that needs a capability.
      return attachType === BPF_CGROUP_INET4_BIND || attachType === BPF_CGROUP_INET6_BIND
        ? TWO_BITS
        : NO_OR_YES;
    case BPF_PROG_TYPE_CGROUP_SKB:
      // On the way out a second bit tells of congestion.
      return attachType === BPF_CGROUP_INET_EGRESS ? TWO_BITS : NO_OR_YES;
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_SOCK_OPS:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_NETFILTER:
      return NO_OR_YES;
    case BPF_PROG_TYPE_KPROBE: {
      const isSession =
        attachType === BPF_TRACE_KPROBE_SESSION || attachType === BPF_TRACE_UPROBE_SESSION;
      return isSession ? NO_OR_YES : undefined;
    }
    default:
      return undefined;
  }
}
