import { EINVAL, ENOTSUPP, EOPNOTSUPP } from "../include/errno.ts";
import { typed } from "./btf/typed.ts";
import type { BpfKernel } from "./kernel.ts";
import { ProgArrayMap } from "./maps/fd-array.ts";
import type { LoadedProgram } from "./program.ts";
import { runFlowDissector } from "./test-run-flow-dissector.ts";
import { runNetfilter } from "./test-run-netfilter.ts";
import { runRawTracepoint, runSyscall } from "./test-run-raw-context.ts";
import { refusedRun, type TestRunOutcome, type TestRunRequest } from "./test-run-request.ts";
import { runSkLookup } from "./test-run-sk-lookup.ts";
import { runSkb } from "./test-run-skb.ts";
import { runTracing } from "./test-run-tracing.ts";
import { runXdp } from "./test-run-xdp.ts";
import * as uapi from "./uapi.ts";

type TestRun = (kernel: BpfKernel, prog: LoadedProgram, request: TestRunRequest) => TestRunOutcome;

/** @linux include/linux/bpf.h `struct bpf_prog_ops` (6.18) */
const TEST_RUNS: Readonly<Record<number, TestRun>> = {
  [uapi.BPF_PROG_TYPE_XDP]: runXdp,
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: runSkb,
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: runSkb,
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: runSkb,
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: runSkb,
  [uapi.BPF_PROG_TYPE_LWT_IN]: runSkb,
  [uapi.BPF_PROG_TYPE_LWT_OUT]: runSkb,
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: runSkb,
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: runFlowDissector,
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: runSkLookup,
  [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT]: runRawTracepoint,
  [uapi.BPF_PROG_TYPE_SYSCALL]: runSyscall,
  [uapi.BPF_PROG_TYPE_NETFILTER]: runNetfilter,
  [uapi.BPF_PROG_TYPE_TRACING]: runTracing,
  [uapi.BPF_PROG_TYPE_STRUCT_OPS]: (...run) => typed().runStructOps(...run),
};

/**
 * Runs a program on a packet or a context of the caller's.
 *
 * @linux kernel/bpf/syscall.c `bpf_prog_test_run` (6.18)
 * @spec bpf(2) BPF_PROG_TEST_RUN
 * @simplified a program that calls a helper which the machine can only check answers EOPNOTSUPP.
 */
export function testRun(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  if (request.ctxIn?.length === 0 || request.ctxSizeOut === 0) return refusedRun(-EINVAL, request);
  const run = TEST_RUNS[prog.type];
  if (run === undefined) return refusedRun(-ENOTSUPP, request);
  return isRunnable(prog) ? run(kernel, prog, request) : refusedRun(-EOPNOTSUPP, request);
}

/** Whether what its test run starts from is a packet. */
export function takesPacket({ type }: Pick<LoadedProgram, "type">): boolean {
  const run = TEST_RUNS[type];
  return run === runXdp || run === runSkb || run === runFlowDissector;
}

/** Also what it may go on with. */
function isRunnable(prog: LoadedProgram, seen = new Set<LoadedProgram>()): boolean {
  if (seen.has(prog)) return true;
  seen.add(prog);
  const next = prog.maps.flatMap((map) => (map instanceof ProgArrayMap ? [...map.held] : []));
  return prog.isRunnable && next.every((one) => isRunnable(one, seen));
}
