import { PTR_TO_TP_BUFFER } from "../reg-type.ts";
import {
  type CtxAccess,
  type CtxRequest,
  ctxPointer,
  isAlignedIn,
  isRead,
  isWithin,
  narrowAccessOk,
  SCALAR,
} from "./access.ts";

const U64_BYTES = 8;
/** @linux include/linux/trace_events.h `PERF_MAX_TRACE_SIZE` (6.18) */
const PERF_MAX_TRACE_SIZE = 8192;

/**
 * The record of a tracepoint behind the 8 bytes that the kernel keeps to itself.
 *
 * @linux kernel/trace/bpf_trace.c `tp_prog_is_valid_access` (6.18)
 */
export function tracepointIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const { off, size } = request;
  // As in Linux, which compares with an unsigned size: what lies in front of the record is open.
  const isKernels = off >= 0 && off < U64_BYTES;
  if (isKernels || off >= PERF_MAX_TRACE_SIZE || off % size !== 0) return undefined;
  return isRead(request) ? SCALAR : undefined;
}

/** `struct pt_regs` of x86-64 */
const PT_REGS_BYTES = 168;

/** @linux kernel/trace/bpf_trace.c `kprobe_prog_is_valid_access` (6.18) */
export function kprobeIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return isRead(request) && isAlignedIn(request, PT_REGS_BYTES) ? SCALAR : undefined;
}

const PERF_SAMPLE_PERIOD = PT_REGS_BYTES;
const PERF_ADDR = PERF_SAMPLE_PERIOD + U64_BYTES;
const PERF_EVENT_DATA_BYTES = PERF_ADDR + U64_BYTES;

/** @linux kernel/trace/bpf_trace.c `pe_prog_is_valid_access` (6.18) */
export function perfEventIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  if (!isRead(request) || !isAlignedIn(request, PERF_EVENT_DATA_BYTES)) return undefined;
  const isNarrowField = isWithin(request.off, PERF_SAMPLE_PERIOD, 2 * U64_BYTES);
  const isOk = isNarrowField ? narrowAccessOk(request, U64_BYTES) : request.size === U64_BYTES;
  return isOk ? SCALAR : undefined;
}

/** @linux include/linux/bpf.h `MAX_BPF_FUNC_ARGS` (6.18) */
const MAX_BPF_FUNC_ARGS = 12;

/** @linux kernel/trace/bpf_trace.c `raw_tp_prog_is_valid_access` (6.18) */
export function rawTracepointIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const isOk = isRead(request) && isAlignedIn(request, MAX_BPF_FUNC_ARGS * U64_BYTES);
  return isOk ? SCALAR : undefined;
}

/** @linux kernel/trace/bpf_trace.c `raw_tp_writable_prog_is_valid_access` (6.18) */
export function rawTracepointWritableIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  if (request.off !== 0) return rawTracepointIsValidAccess(request);
  const isOk = request.size === U64_BYTES && isRead(request);
  return isOk ? ctxPointer(PTR_TO_TP_BUFFER) : undefined;
}

const U16_MAX = 0xffff;

/** The caller's own memory, of any shape. @linux kernel/bpf/syscall.c `syscall_prog_is_valid_access` (6.18) */
export function syscallIsValidAccess({ off, size }: CtxRequest): CtxAccess | undefined {
  return off >= 0 && off < U16_MAX && off % size === 0 ? SCALAR : undefined;
}
