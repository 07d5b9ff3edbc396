/** The functions that are there to be traced: a test run calls them. */
import { EFAULT, EINVAL } from "../include/errno.ts";
import type { KernelArg } from "../kernel/function-probes.ts";
import { FunctionHooks } from "../trace/function-hooks.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import { refusedRun, type TestRunOutcome, type TestRunRequest } from "./test-run-request.ts";
import { BPF_MODIFY_RETURN, BPF_TRACE_FENTRY, BPF_TRACE_FEXIT } from "./uapi.ts";

/** A call: of numbers, or of pointers to what holds one. */
interface TestCall {
  readonly func: string;
  readonly args: readonly KernelArg[];
  readonly answer: number;
}

const structure = (struct: string, of: unknown): KernelArg => ({ struct, of });

/** @linux net/bpf/test_run.c `bpf_fentry_test1` and so on (6.18) */
const FENTRY_TESTS: readonly TestCall[] = [
  { func: "bpf_fentry_test1", args: [1], answer: 2 },
  { func: "bpf_fentry_test2", args: [2, 3], answer: 5 },
  { func: "bpf_fentry_test3", args: [4, 5, 6], answer: 15 },
  { func: "bpf_fentry_test4", args: [7, 8, 9, 10], answer: 34 },
  { func: "bpf_fentry_test5", args: [11, 12, 13, 14, 15], answer: 65 },
  { func: "bpf_fentry_test6", args: [16, 17, 18, 19, 20, 21], answer: 111 },
  { func: "bpf_fentry_test7", args: [0], answer: 0 },
  { func: "bpf_fentry_test8", args: [structure("bpf_fentry_test_t", undefined)], answer: 0 },
  { func: "bpf_fentry_test9", args: [structure("loff_t", 0)], answer: 0 },
  { func: "bpf_fentry_test10", args: [0], answer: 0 },
];

/** Both count up the number that `b` points to, 2, which their caller sees. */
const MODIFY_RETURN_TESTS: readonly TestCall[] = [
  { func: "bpf_modify_return_test", args: [1, structure("loff_t", 2)], answer: 4 },
  {
    func: "bpf_modify_return_test2",
    args: [1, structure("loff_t", 2), 3, 4, 5, 6, 7],
    answer: 29,
  },
];

/** @linux net/bpf/test_run.c `bpf_prog_test_run_tracing` (6.18) */
export function runTracing(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { flags = 0, cpu = 0, batchSize = 0 } = request;
  if (flags !== 0 || cpu !== 0 || batchSize !== 0) return refusedRun(-EINVAL, request);
  const hooks = new FunctionHooks({
    attached: kernel.attached,
    bpf: () => kernel,
    current: () => ({ task: kernel.current, cpu: 0 }),
    charge: (ns) => kernel.clock.advance(ns),
  });
  let sideEffects = 0;
  const call = ({ func, args, answer }: TestCall): number =>
    hooks.call(
      func,
      () => args,
      () => {
        sideEffects++;
        return answer;
      },
    );
  switch (prog.expectedAttachType) {
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT:
      for (const each of FENTRY_TESTS) {
        if (call(each) !== each.answer) return refusedRun(-EFAULT, request);
      }
      return { ...refusedRun(0, request), retval: 0 };
    case BPF_MODIFY_RETURN: {
      const answers = MODIFY_RETURN_TESTS.map(call);
      const sum = answers.reduce((all, each) => all + each, 0);
      // Both are 16 bits wide: a program may answer a negative number.
      const retval = ((sideEffects << 16) | (sum & 0xffff)) >>> 0;
      return { ...refusedRun(0, request), retval };
    }
    default:
      return refusedRun(-EFAULT, request);
  }
}
