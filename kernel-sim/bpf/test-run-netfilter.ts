import { EINVAL, ENOMEM, EPROTO } from "../include/errno.ts";
import { ETH_HLEN } from "./contexts.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import {
  asksForMore,
  checkDataIn,
  ctxInit,
  finished,
  NET_SKB_PAD,
  refusedRun,
  repeated,
  SHARED_INFO_BYTES,
  type TestRunOutcome,
  type TestRunRequest,
} from "./test-run-request.ts";

/** `struct nf_hook_state`: two bytes, then pointers. */
const HOOK = 0;
const PF = 1;
const FIRST_POINTER = 8;
const HOOK_STATE_BYTES = 48;
/** `struct bpf_nf_ctx`: pointers to the state and to the packet. */
const CONTEXT_BYTES = 16;
const SK_BUFF_BYTES = 232;

const NF_INET_LOCAL_OUT = 3;
const NF_INET_POST_ROUTING = 4;
const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const NOTHING = new Uint8Array(0);

/**
 * What the program decides about a packet at a hook.
 *
 * @linux net/bpf/test_run.c `bpf_prog_test_run_nf` (6.18)
 * @simplified of the kernel's objects in the context, only hook and protocol of the state are filled in.
 */
export function runNetfilter(
  kernel: BpfKernel,
  prog: LoadedProgram,
  request: TestRunRequest,
): TestRunOutcome {
  const { dataIn } = request;
  if (asksForMore(request)) return refusedRun(-EINVAL, request);
  if ((request.dataSizeIn ?? dataIn.length) < IPV4_BYTES) return refusedRun(-EINVAL, request);
  const err = checkDataIn(request, NET_SKB_PAD, SHARED_INFO_BYTES);
  if (err !== 0) return refusedRun(err, request);
  const user = ctxInit(request, HOOK_STATE_BYTES);
  if (typeof user === "number") return refusedRun(user, request);
  if (user !== undefined && !isHookStateOk(user)) return refusedRun(-EINVAL, request);
  const hook = user === undefined ? NF_INET_LOCAL_OUT : user[HOOK]!;
  const pf = user === undefined ? NFPROTO_IPV4 : user[PF]!;
  const problem = hook === NF_INET_LOCAL_OUT ? 0 : checkPacket(dataIn, pf);
  if (problem !== 0) return refusedRun(problem, request);
  const { memory } = kernel;
  const rooms = memory.allocAll(HOOK_STATE_BYTES, SK_BUFF_BYTES, CONTEXT_BYTES);
  if (rooms === undefined) return refusedRun(-ENOMEM, request);
  const [state, skb, context] = rooms as [number, number, number];
  const { bytes, view } = memory;
  bytes[state + HOOK] = hook;
  bytes[state + PF] = pf;
  view.setInt32(context, state, true);
  view.setInt32(context + 8, skb, true);
  const { retval, executed } = repeated(kernel, prog, context, request.repeat);
  memory.free(state, HOOK_STATE_BYTES);
  memory.free(skb, SK_BUFF_BYTES);
  memory.free(context, CONTEXT_BYTES);
  return finished(request, { retval, executed, data: NOTHING, context: undefined });
}

/** @linux net/bpf/test_run.c `verify_and_copy_hook_state` (6.18) */
function isHookStateOk(state: Uint8Array): boolean {
  if (state.subarray(FIRST_POINTER).some((byte) => byte !== 0)) return false;
  const pf = state[PF];
  if (pf !== NFPROTO_IPV4 && pf !== NFPROTO_IPV6) return false;
  return state[HOOK]! <= NF_INET_POST_ROUTING;
}

/** Where packets come in they have a link-layer header, which must fit the hook. */
function checkPacket(packet: Uint8Array, pf: number): 0 | number {
  if (packet.length < ETH_HLEN + IPV4_BYTES) return -EINVAL;
  switch ((packet[12]! << 8) | packet[13]!) {
    case ETH_P_IP:
      return pf === NFPROTO_IPV4 ? 0 : -EINVAL;
    case ETH_P_IPV6:
      return packet.length >= ETH_HLEN + IPV6_BYTES && pf === NFPROTO_IPV6 ? 0 : -EINVAL;
    default:
      return -EPROTO;
  }
}
