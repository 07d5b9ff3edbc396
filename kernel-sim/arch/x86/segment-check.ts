/** Limits and rights of segments, where they are not 4 GiB that may be read and written. */
import type { Cpu } from "./cpu.ts";
import { SS, X86_TRAP_GP, X86_TRAP_SS } from "./registers.ts";
import { DESC_BIG, DESC_CODE, DESC_CONFORMING, DESC_RW, isPresent } from "./segment.ts";

/** Faults with #GP(0), or #SS(0) for the stack segment, if the access leaves the segment. */
export function checkSegment(
  cpu: Cpu,
  segment: number,
  offset: number,
  bytes: number,
  isWrite: boolean,
): void {
  const register = cpu.segments[segment]!;
  if (register.isFlat) return;
  const { access, limit } = register;
  const isCode = (access & DESC_CODE) !== 0;
  const hasRight = isWrite
    ? !isCode && (access & DESC_RW) !== 0
    : !isCode || (access & DESC_RW) !== 0;
  const first = offset >>> 0;
  const last = first + bytes - 1;
  const expandsDown = !isCode && (access & DESC_CONFORMING) !== 0;
  const top = (access & DESC_BIG) !== 0 ? 0xffffffff : 0xffff;
  const isInside = expandsDown ? first > limit && last <= top : last <= limit;
  if (isPresent(access) && hasRight && isInside) return;
  cpu.exception.fault(segment === SS ? X86_TRAP_SS : X86_TRAP_GP, 0);
}
