import { EAFNOSUPPORT, EINVAL, ENOMEM, ERANGE } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  asksForMore,
  ctxInit,
  finished,
  refusedRun,
  repeated,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";

/** `struct bpf_sk_lookup`: offsets in bytes. */
const COOKIE_BYTES = 8;
const FAMILY = 8;
const PROTOCOL = 12;
const REMOTE_IP4 = 16;
const REMOTE_IP6 = 20;
const LOCAL_IP4 = 40;
const LOCAL_IP6 = 44;
const LOCAL_PORT = 60;
const INGRESS_IFINDEX = 64;
const SK_LOOKUP_BYTES = 72;
const U32_BYTES = 4;
const IP6_BYTES = 16;

const AF_INET = 2;
const AF_INET6 = 10;
const U16_MAX = 0xffff;
const NOTHING = new Uint8Array(0);

/**
 * What the program answers for a connection that the context describes.
 *
 * @linux net/bpf/test_run.c `bpf_prog_test_run_sk_lookup` (6.18)
 */
export function runSkLookup(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  if (asksForMore(request)) return refusedRun(-EINVAL, request);
  if (request.hasDataAddress === true || request.dataIn.length > 0) {
    return refusedRun(-EINVAL, request);
  }
  if ((request.dataSizeIn ?? 0) > 0) return refusedRun(-EINVAL, request);
  if ((request.dataSizeOut ?? 0) > 0) return refusedRun(-EINVAL, request);
  const user = ctxInit(request, SK_LOOKUP_BYTES);
  if (user === undefined) return refusedRun(-EINVAL, request);
  if (typeof user === "number") return refusedRun(user, request);
  const fields = new DataView(user.buffer);
  const isSet = (byte: number) => byte !== 0;
  if (user.subarray(0, COOKIE_BYTES).some(isSet) || user.subarray(INGRESS_IFINDEX).some(isSet)) {
    return refusedRun(-EINVAL, request);
  }
  if (fields.getUint32(LOCAL_PORT, true) > U16_MAX) return refusedRun(-ERANGE, request);
  const family = fields.getUint16(FAMILY, true);
  if (family !== AF_INET && family !== AF_INET6) return refusedRun(-EAFNOSUPPORT, request);
  const { memory } = kernel;
  const context = memory.alloc(SK_LOOKUP_BYTES);
  if (context === 0) return refusedRun(-ENOMEM, request);
  memory.bytes.set(user, context);
  forget(memory.bytes, context, family === AF_INET ? IP6_FIELDS : IP4_FIELDS);
  // Both are numbers of 16 bits in the kernel.
  memory.view.setUint32(context + FAMILY, family, true);
  memory.view.setUint32(context + PROTOCOL, fields.getUint16(PROTOCOL, true), true);
  const { retval, executed } = repeated(kernel, prog, context, request.repeat);
  memory.free(context, SK_LOOKUP_BYTES);
  return finished(request, { retval, executed, data: NOTHING, context: user });
}

type Range = readonly [start: number, bytes: number];
const IP4_FIELDS: readonly Range[] = [
  [REMOTE_IP4, U32_BYTES],
  [LOCAL_IP4, U32_BYTES],
];
const IP6_FIELDS: readonly Range[] = [
  [REMOTE_IP6, IP6_BYTES],
  [LOCAL_IP6, IP6_BYTES],
];

/** There are no addresses of the other family. */
function forget(bytes: Uint8Array, context: number, fields: readonly Range[]): void {
  for (const [start, size] of fields) bytes.fill(0, context + start, context + start + size);
}
