/** A test run of a program as it came, without the verifier. */
import type { Insn } from "../../api.ts";
import { EINVAL, ENOMEM, EOPNOTSUPP } from "../../include/errno.ts";
import { fixupAttachType } from "../check-attach.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { LoadedProgram } from "../program.ts";
import { testRun } from "../test-run.ts";
import type { TestRunOutcome, TestRunRequest } from "../test-run-request.ts";
import {
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_TRACING,
} from "../uapi.ts";
import { VerifierEnv } from "../verifier/env.ts";
import { resolved } from "./checked-code.ts";
import { runCompiled } from "./engine.ts";
import type { Fault } from "./fault.ts";
import { CheckedRun } from "./run.ts";

export interface UnverifiedProgram {
  readonly progType: number;
  readonly expectedAttachType: number;
  readonly insns: readonly Insn[];
  /** BPF_F_SLEEPABLE and the like. */
  readonly progFlags: number;
}

export interface UnverifiedRequest extends TestRunRequest {
  /** How many instructions may run. */
  readonly fuel: number;
  readonly isCompiled: boolean;
}

export interface UnverifiedOutcome extends TestRunOutcome {
  /** Why it stopped; undefined: it ended by itself, or did not run. */
  readonly fault: Fault | undefined;
}

/** As large as a context may be that nobody has measured. */
const CONTEXT_BYTES = 192;
const NF_CONTEXT_BYTES = 16;

/** Types whose programs get what their target's types say. */
const TARGETED: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_LSM,
]);

/**
 * An errno alone when a map that the program names is not there.
 *
 * @simplified programs whose target is named by BTF answer EOPNOTSUPP.
 */
export function runUnverified(
  kernel: BpfKernel,
  program: UnverifiedProgram,
  request: UnverifiedRequest,
): UnverifiedOutcome | number {
  const { progType, insns, progFlags } = program;
  if (insns.length === 0) return -EINVAL;
  if (TARGETED.has(progType)) return -EOPNOTSUPP;
  const code = resolved(kernel, insns);
  if (typeof code === "number") return code;
  const expectedAttachType = fixupAttachType(progType, program.expectedAttachType);
  const env = new VerifierEnv({
    ...{ insns: [], progType, expectedAttachType, progFlags, isGplCompatible: true },
    ...{ cpus: kernel.cpus, logLevel: 0, logSize: 0, mapOfFd: () => -EINVAL },
  });
  let fault: Fault | undefined;
  let isOutOfMemory = false;

  function runner(vm: BpfCpu<BpfKernel>, context: number): number {
    const run = new CheckedRun({
      ...{ kernel, env, vm, context, program: code as Exclude<typeof code, number> },
      ...{ contextBytes: contextBytes(progType, request), fuel: request.fuel },
    });
    isOutOfMemory = run.objects.rows === 0;
    if (isOutOfMemory) return 0;
    if (request.isCompiled) runCompiled(run);
    else run.interpret();
    run.objects.release();
    ({ fault } = run);
    vm.executed = run.executed;
    return fault === undefined ? vm.r[0]! >>> 0 : 0;
  }

  const prog = new LoadedProgram({
    ...{
      id: 0,
      type: progType,
      expectedAttachType,
      progFlags,
      name: "",
      license: "GPL",
      runInsns: insns,
    },
    ...{ code: code.code, maps: code.maps, maxCtxOffset: 0, callbacks: code.callbacks },
    ...{ stackDepth: 0, isRunnable: true, runner },
  });
  const outcome = testRun(kernel, prog, request);
  return { ...outcome, errno: isOutOfMemory ? -ENOMEM : outcome.errno, fault };
}

function contextBytes(progType: number, { ctxIn }: TestRunRequest): number {
  switch (progType) {
    case BPF_PROG_TYPE_SYSCALL:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
      return ctxIn?.length ?? 0;
    case BPF_PROG_TYPE_NETFILTER:
      return NF_CONTEXT_BYTES;
    default:
      return CONTEXT_BYTES;
  }
}
