/** Calls of helpers: what they may be given, and what their answer is a pointer to. */
import { callingHelpers, helperBodies } from "../helpers/index.ts";
import type { Callbacks } from "../interpreter.ts";
import { MAX_BPF_STACK } from "../isa.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import {
  BPF_FUNC_FOR_EACH_MAP_ELEM,
  BPF_FUNC_NAMES,
  BPF_FUNC_TAIL_CALL,
  BPF_FUNC_USER_RINGBUF_DRAIN,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_SOCKMAP,
} from "../uapi.ts";
import * as arg from "../verifier/func-proto.ts";
import {
  helperAcquires,
  helperCasts,
  helperChangesPktData,
  helperName,
  isAsyncCallbackCallingHelper,
} from "../verifier/helper-traits.ts";
import {
  baseType,
  MEM_RINGBUF,
  OBJ_RELEASE,
  PTR_TO_BTF_ID,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
} from "../verifier/reg-type.ts";
import { type CallArgs, checkArgs } from "./call-args.ts";
import { oops } from "./fault.ts";
import type { MemoryObject } from "./objects.ts";
import type { CheckedRun } from "./run.ts";

type Began = Callbacks<BpfKernel> | undefined;

const ARGS = 0b11_1110;

/**
 * Calls a helper and goes on with `next`, which is given what calls the program back, if the helper does and has
 * something to call it for.
 */
export function callHelper(run: CheckedRun, id: number, next: (began: Began) => number): number {
  const proto = run.env.ops?.helper(id, run.env);
  const isTailCall = id === BPF_FUNC_TAIL_CALL;
  const body = helperBodies[id];
  const begin = callingHelpers[id];
  if (proto === undefined || proto.isAllowed?.(run.env) === false) {
    return run.stop({
      cause: "helper",
      message: `programs of this type have no helper ${helperName(id)}#${id}`,
      linux: oops("the CPU calls what lies at that distance from the other helpers"),
    });
  }
  const args = checkArgs(run, id, proto);
  if (args === undefined) return -1;
  if (isAsyncCallbackCallingHelper(id)) {
    return run.notCarriedOn("has a function called when it is over");
  }
  if (isTailCall) {
    run.defined &= ~ARGS;
    return next(undefined);
  }
  if (body === undefined && begin === undefined) {
    return run.notCarriedOn(`calls ${helperName(id)}, which this machine can only check`);
  }
  const { vm } = run;
  vm.executed = run.executed;
  let began: Began;
  if (body !== undefined) run.setResult(body(vm));
  else {
    const begun = begin!(vm, vm.cellOf(vm.r[20]! - MAX_BPF_STACK));
    if (typeof begun === "number") run.setResult(begun);
    else began = begun;
  }
  run.defined &= ~ARGS;
  if (proto.ret === arg.RET_VOID) run.defined &= ~1;
  else run.defined |= 1;
  settle(run, id, proto, args);
  return next(began);
}

/** What the call has changed, and what its answer points to. */
function settle(run: CheckedRun, id: number, proto: arg.FuncProto, args: CallArgs): void {
  if (helperChangesPktData(id)) run.known.movePacket();
  for (const [index, type] of proto.args.entries()) {
    const object = args.objects[index];
    if ((type & OBJ_RELEASE) === 0 || object === undefined) continue;
    if (baseType(type) === arg.ARG_PTR_TO_DYNPTR) continue;
    run.references.delete(object);
    run.objects.drop(object);
  }
  const isDynptrReleased = proto.args.some(
    (type) => baseType(type) === arg.ARG_PTR_TO_DYNPTR && (type & OBJ_RELEASE) !== 0,
  );
  for (const address of args.seen) {
    if (isDynptrReleased) run.dynptrs.forget(address);
    else run.dynptrs.note(address, run.dynptrs.isRingbuf(address));
  }
  for (const address of args.made) run.dynptrs.note(address, id === RESERVE_DYNPTR);
  const { r } = run.vm;
  const base = baseType(proto.ret);
  if (base === arg.RET_INTEGER || base === arg.RET_VOID || r[0] === 0) return;
  const object = answered(run, id, proto, args, r[0]!);
  r[1] = object.tag;
  const map = args.map === undefined ? null : { type: args.map.attr.mapType };
  if (helperAcquires(id, map)) run.references.add(object);
}

const RESERVE_DYNPTR = BPF_FUNC_NAMES.indexOf("ringbuf_reserve_dynptr");

const SOCKETS: Readonly<Record<number, number>> = {
  [arg.RET_PTR_TO_SOCKET]: PTR_TO_SOCKET,
  [arg.RET_PTR_TO_TCP_SOCK]: PTR_TO_TCP_SOCK,
  [arg.RET_PTR_TO_SOCK_COMMON]: PTR_TO_SOCK_COMMON,
};

/** What lies at the address that a helper answers. */
function answered(
  run: CheckedRun,
  id: number,
  proto: arg.FuncProto,
  args: CallArgs,
  address: number,
): MemoryObject {
  const { known } = run;
  const base = baseType(proto.ret);
  if (base === arg.RET_PTR_TO_MAP_VALUE) return elementOf(run, args.map!, address);
  if (base === arg.RET_PTR_TO_MEM) {
    if ((proto.ret & MEM_RINGBUF) !== 0) {
      return known.memory(address, args.sizes[1]!, "a record of a ring buffer");
    }
    return known.memory(
      address,
      args.sizes[2]!,
      "a slice of a dynptr",
      run.dynptrs.objectAt(args.seen[0]!),
    );
  }
  const regType = SOCKETS[base] ?? PTR_TO_BTF_ID;
  return known.loaded(
    address,
    regType,
    proto.retBtf ?? "",
    helperCasts(id) ? args.objects[0] : undefined,
  );
}

/** In a map of maps the value is a map, in one of sockets a socket. */
function elementOf(run: CheckedRun, map: KernelMap, address: number): MemoryObject {
  if (map.innerMapMeta !== undefined) return run.known.mapObject(run.kernel.mapAt(address));
  const { mapType } = map.attr;
  if (mapType !== BPF_MAP_TYPE_SOCKMAP && mapType !== BPF_MAP_TYPE_SOCKHASH) {
    return run.known.valueObject(map, address);
  }
  return run.known.loaded(address, PTR_TO_SOCKET, "");
}

/** Gives pointers in the arguments of a function that is called back their objects; says which are set. */
export function nameCallbackArgs(run: CheckedRun, helper: number): number {
  const { r } = run.vm;
  if (helper === BPF_FUNC_USER_RINGBUF_DRAIN) {
    run.dynptrs.note(r[2]!, false);
    r[3] = run.dynptrs.objectAt(r[2]!)!.tag;
  }
  if (helper !== BPF_FUNC_FOR_EACH_MAP_ELEM) return 0b110;
  const map = run.kernel.mapAt(r[2]!);
  r[3] = run.known.mapObject(map).tag;
  r[5] = run.known.keyObject(map, r[4]!).tag;
  r[7] = run.known.valueObject(map, r[6]!).tag;
  return 0b1_1110;
}
