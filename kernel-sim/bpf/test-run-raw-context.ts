/** Programs whose context is memory of the caller's, in the form in which it comes. */
import { EINVAL, ENOMEM, ENXIO } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  refusedRun,
  repeated,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";

const BPF_F_TEST_RUN_ON_CPU = 1;
/** `MAX_BPF_FUNC_ARGS` numbers of 64 bits. */
const ARGS_BYTES_MAX = 12 * 8;
const U16_MAX = 0xffff;

/** @linux net/bpf/test_run.c `bpf_prog_test_run_raw_tp` (6.18) */
export function runRawTracepoint(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { flags = 0, cpu = 0 } = request;
  if (!isContextOnly(prog, request, ARGS_BYTES_MAX)) return refusedRun(-EINVAL, request);
  const isOnCpu = (flags & BPF_F_TEST_RUN_ON_CPU) !== 0;
  if (!isOnCpu && cpu !== 0) return refusedRun(-EINVAL, request);
  if (isOnCpu && cpu >= kernel.cpus) return refusedRun(-ENXIO, request);
  const { ctxOut: _untouched, ...outcome } = onContext(kernel, prog, request, cpu);
  return { ...outcome, ctxOut: undefined };
}

/**
 * What the program writes into its context, its caller finds where the context came from.
 *
 * @linux net/bpf/test_run.c `bpf_prog_test_run_syscall` (6.18)
 */
export function runSyscall(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const isPlain = (request.flags ?? 0) === 0;
  if (!isPlain || !isContextOnly(prog, request, U16_MAX)) return refusedRun(-EINVAL, request);
  return onContext(kernel, prog, request, 0);
}

function isContextOnly(prog: LoadedProgram, request: TestRunRequest, bytesMax: number): boolean {
  const {
    dataIn,
    dataSizeOut = 0,
    ctxIn,
    ctxSizeOut,
    duration = 0,
    repeat,
    batchSize = 0,
  } = request;
  if (
    request.hasDataAddress === true ||
    dataIn.length > 0 ||
    dataSizeOut > 0 ||
    ctxSizeOut !== undefined
  )
    return false;
  if (duration !== 0 || repeat !== 0 || batchSize !== 0) return false;
  const bytes = ctxIn?.length ?? 0;
  return bytes >= prog.maxCtxOffset && bytes <= bytesMax;
}

function onContext(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
  cpu: number,
): TestRunOutcome {
  const { ctxIn, dataSizeOut = 0 } = request;
  const { memory } = kernel;
  const bytes = ctxIn?.length ?? 0;
  const context = bytes === 0 ? 0 : memory.alloc(bytes);
  if (bytes > 0 && context === 0) return refusedRun(-ENOMEM, request);
  if (ctxIn !== undefined) memory.bytes.set(ctxIn, context);
  const { retval, executed } = repeated(kernel, prog, context, 1, cpu);
  const ctxOut = bytes === 0 ? undefined : memory.copyOut(context, bytes);
  if (bytes > 0) memory.free(context, bytes);
  return { errno: 0, retval, executed, dataOut: undefined, dataSizeOut, ctxOut, ctxSizeOut: 0 };
}
