/** Programs behind `bpf_dummy_ops`, a table that is there to be tested. */
import { EFAULT, EINVAL, ENOMEM, EOPNOTSUPP } from "../include/errno.ts";
import { BTF_KIND_PTR, BTF_KIND_STRUCT, type BtfParam } from "./btf/kinds.ts";
import { btfVmlinux } from "./btf/vmlinux.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  refusedRun,
  repeated,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";

const ARG_BYTES = 8;
/** `struct bpf_dummy_ops_state` */
const STATE_BYTES = 4;

/**
 * Calls the member that the program stands behind: the context holds its arguments, the first of them a pointer to the
 * caller's state, which the program may change.
 *
 * @linux net/bpf/bpf_dummy_struct_ops.c `bpf_struct_ops_test_run` (6.18)
 */
export function runStructOps(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { btfId, funcProto } = prog.target;
  const table = btfVmlinux().findByNameKind("bpf_dummy_ops", BTF_KIND_STRUCT);
  if (btfId !== table?.id || funcProto === undefined) return refusedRun(-EOPNOTSUPP, request);
  const { ctxIn = new Uint8Array(0) } = request;
  const { params } = funcProto;
  if (ctxIn.length !== params.length * ARG_BYTES) return refusedRun(-EINVAL, request);
  const args = new DataView(ctxIn.slice().buffer);
  const pointer = wordAt(args, 0);
  const state = new Uint8Array(STATE_BYTES);
  const { mm } = kernel.current;
  if (pointer !== 0 && mm?.copyFromUser(pointer, state) !== STATE_BYTES) {
    return refusedRun(-EFAULT, request);
  }
  const isNullRefused = params.some((param, i) => mustPoint(param) && wordAt(args, i) === 0);
  if (isNullRefused) return refusedRun(-EINVAL, request);
  const { memory } = kernel;
  const places = memory.allocAll(ctxIn.length, STATE_BYTES);
  if (places === undefined) return refusedRun(-ENOMEM, request);
  const [context, held] = places as [number, number];
  args.setInt32(0, pointer === 0 ? 0 : held, true);
  args.setInt32(4, 0, true);
  memory.bytes.set(new Uint8Array(args.buffer), context);
  memory.bytes.set(state, held);
  const { retval, executed } = repeated(kernel, prog, context, 1);
  const after = memory.copyOut(held, STATE_BYTES);
  memory.free(context, ctxIn.length);
  memory.free(held, STATE_BYTES);
  const isLost = pointer !== 0 && mm?.copyToUser(pointer, after) !== STATE_BYTES;
  return { ...refusedRun(isLost ? -EFAULT : 0, request), retval, executed };
}

function wordAt(args: DataView, index: number): number {
  const at = index * ARG_BYTES;
  return args.getUint32(at + 4, true) * 2 ** 32 + args.getUint32(at, true);
}

/** Whether NULL is refused there. @linux net/bpf/bpf_dummy_struct_ops.c `check_test_run_args` (6.18) */
function mustPoint(param: BtfParam): boolean {
  const btf = btfVmlinux();
  const isPointer = btf.skipModifiers(param.type)?.kind === BTF_KIND_PTR;
  return isPointer && !btf.nameOf(param).endsWith("__nullable");
}
