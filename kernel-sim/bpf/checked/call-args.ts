/** What a helper may be given in each register. */
import { BPF_SPIN_LOCK, BPF_TIMER } from "../btf/field-types.ts";
import type { KernelMap } from "../maps/map.ts";
import { upperOf } from "../structs/upper.ts";
import { BPF_FUNC_NAMES, BPF_MAP_TYPE_BLOOM_FILTER } from "../uapi.ts";
import * as arg from "../verifier/func-proto.ts";
import { helperName, helpersNamed } from "../verifier/helper-traits.ts";
import { structIdsMatch } from "../verifier/kfunc-struct.ts";
import { checkMapFuncCompatibility } from "../verifier/map-compat.ts";
import {
  baseType,
  DYNPTR_TYPE_RINGBUF,
  MEM_FIXED_SIZE,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_SOCKET,
} from "../verifier/reg-type.ts";
import { checkAccess, objectText } from "./access.ts";
import { DYNPTR_BYTES } from "./dynptrs.ts";
import { hex64, pageFault, placeText } from "./fault.ts";
import type { MemoryObject } from "./objects.ts";
import type { CheckedRun } from "./run.ts";

/** What the arguments of a call are. */
export interface CallArgs {
  /** The map, and where it was given. */
  map: KernelMap | undefined;
  /** By argument, from 0 on. */
  readonly objects: (MemoryObject | undefined)[];
  /** Sizes that were given, by argument. */
  readonly sizes: number[];
  /** Where helpers make dynptrs, or look at them: addresses. */
  readonly made: number[];
  readonly seen: number[];
}

interface Arg {
  readonly run: CheckedRun;
  readonly id: number;
  readonly proto: arg.FuncProto;
  readonly args: CallArgs;
  /** From 0 on; the register is one more. */
  readonly index: number;
  readonly type: number;
  readonly object: MemoryObject | undefined;
  readonly low: number;
  readonly high: number;
}

/** undefined: one of them is not what the helper takes, and the run has been stopped. */
export function checkArgs(run: CheckedRun, id: number, proto: arg.FuncProto): CallArgs | undefined {
  const args: CallArgs = { map: undefined, objects: [], sizes: [], made: [], seen: [] };
  const { r } = run.vm;
  for (const [index, type] of proto.args.entries()) {
    const reg = index + 1;
    if ((run.defined & (1 << reg)) === 0) {
      run.unread(reg);
      return undefined;
    }
    const low = r[reg * 2]!;
    const high = r[reg * 2 + 1]!;
    const object = run.objects.find(high);
    args.objects.push(object);
    args.sizes.push(low >>> 0);
    const isOk = check({ run, id, proto, args, index, type, object, low, high });
    if (!isOk) return undefined;
  }
  return args;
}

function check(one: Arg): boolean {
  const { run, type, object, low, high, index, args } = one;
  const isNull = (low | high) === 0;
  if (isNull && (type & PTR_MAYBE_NULL) !== 0) return true;
  switch (baseType(type)) {
    case arg.ARG_ANYTHING:
      // A pointer counts as its address.
      if (object !== undefined) run.vm.r[(index + 1) * 2 + 1] = upperOf(low);
      return true;
    case arg.ARG_CONST_MAP_PTR:
      return checkMap(one);
    case arg.ARG_PTR_TO_MAP_KEY:
      return checkMemory(one, args.map!.attr.keySize);
    case arg.ARG_PTR_TO_MAP_VALUE:
      return checkMemory(one, args.map!.attr.valueSize);
    case arg.ARG_PTR_TO_MEM:
      return checkMem(one);
    case arg.ARG_CONST_SIZE:
    case arg.ARG_CONST_SIZE_OR_ZERO:
      return checkSize(one);
    case arg.ARG_CONST_ALLOC_SIZE_OR_ZERO:
      return isSize(one) || refuse(one, "is no size");
    case arg.ARG_PTR_TO_CTX:
      return isAtStart(one, "context") || refuse(one, "is not the context");
    case arg.ARG_PTR_TO_FUNC:
      return isAtStart(one, "function") || refuse(one, "is no function of the program");
    case arg.ARG_PTR_TO_STACK:
      return isIn(one, "stack") || refuse(one, "does not point to the stack");
    case arg.ARG_PTR_TO_RINGBUF_MEM:
      return isReference(one) || refuse(one, "is no record that was reserved");
    case arg.ARG_PTR_TO_CONST_STR:
      return checkString(one);
    case arg.ARG_PTR_TO_SPIN_LOCK:
      return checkLock(one);
    case arg.ARG_PTR_TO_TIMER:
      return isField(one, BPF_TIMER) || refuse(one, "is no timer in a value of a map");
    case arg.ARG_PTR_TO_DYNPTR:
      return checkDynptr(one);
    case arg.ARG_PTR_TO_SOCK_COMMON:
    case arg.ARG_PTR_TO_SOCKET:
    case arg.ARG_PTR_TO_BTF_ID_SOCK_COMMON:
    case arg.ARG_PTR_TO_BTF_ID:
      return checkObject(one);
    default:
      run.notCarriedOn(`gives ${helperName(one.id)} an object of a kind that`);
      return false;
  }
}

function refuse(one: Arg, what: string): boolean {
  const { run, id, index, object, low, high } = one;
  const memory = object === undefined ? placeText(low, high) : objectText(object, low, 1, false);
  const kind = object === undefined ? "" : object.isLive ? object.kind : "freed";
  run.stop({
    cause: "argument",
    register: index + 1,
    place: { access: "use", size: 0, low, high, memory, kind },
    message: `R${index + 1} of ${helperName(id)}#${id} ${what}: 0x${hex64(low, high)}, ${object?.name ?? memory}`,
    linux:
      object === undefined
        ? pageFault(low, high)
        : {
            outcome: "corruption",
            text: `nothing stops it: ${object.name} is taken for something else`,
          },
  });
  return false;
}

function isIn({ object, low }: Arg, kind: MemoryObject["kind"]): boolean {
  if (object?.kind !== kind || !object.isLive) return false;
  return low >= object.base && low <= object.base + object.size;
}

function isAtStart(one: Arg, kind: MemoryObject["kind"]): boolean {
  return isIn(one, kind) && one.low === one.object!.base;
}

function checkMap(one: Arg): boolean {
  const { run, id, args, object } = one;
  if (!isAtStart(one, "map")) return refuse(one, "is no map");
  args.map = object!.map!;
  const { mapType: type } = args.map.attr;
  if (checkMapFuncCompatibility(run.env, { type }, id) === 0) return true;
  return refuse(one, "is a map of a kind that the helper does not take");
}

const PEEK = helpersNamed("map_peek_elem");

function checkMemory(one: Arg, size: number): boolean {
  const { run, id, index, args, type } = one;
  const isBloom = args.map?.attr.mapType === BPF_MAP_TYPE_BLOOM_FILTER && PEEK.has(id);
  return size === 0 || memoryOk(run, index + 1, size, (type & MEM_WRITE) !== 0 && !isBloom);
}

function memoryOk(run: CheckedRun, register: number, size: number, isWrite: boolean): boolean {
  const access = { register, off: 0, size, isWrite, isLdsx: false, isByHelper: true };
  return checkAccess(run, access) !== undefined;
}

const LOCAL_DYNPTR = helpersNamed("dynptr_from_mem");

/** Memory whose size the next argument says, or the prototype. */
function checkMem(one: Arg): boolean {
  const { run, proto, index, type, id } = one;
  if (LOCAL_DYNPTR.has(id) && !isIn(one, "map value")) {
    return refuse(one, "is no memory that stays where it is");
  }
  if ((type & MEM_FIXED_SIZE) !== 0) {
    return memoryOk(run, index + 1, proto.argSizes![index]!, (type & MEM_WRITE) !== 0);
  }
  return true;
}

const SIZE_MAX = 1 << 29;

function isSize({ low, high }: Arg): boolean {
  return high === 0 && low >= 0 && low < SIZE_MAX;
}

function checkSize(one: Arg): boolean {
  const { run, proto, index, low, type } = one;
  if (!isSize(one)) return refuse(one, "is no size");
  if (low === 0) {
    return baseType(type) === arg.ARG_CONST_SIZE_OR_ZERO || refuse(one, "must not be 0");
  }
  const memory = proto.args[index - 1]!;
  return memoryOk(run, index, low, (memory & MEM_WRITE) !== 0);
}

/** What a helper hands out that has to come back to one. */
function isReference({ run, object, low }: Arg): boolean {
  return object?.isLive === true && run.references.has(object) && low === object.base;
}

/** A text that nobody can change, with its 0. */
function checkString(one: Arg): boolean {
  const { run, object, low } = one;
  const map = object?.map;
  if (!isIn(one, "map value") || map?.frozen !== true || object!.isWritable) {
    return refuse(one, "is no text in a map that can no longer change");
  }
  const end = run.vm.memory.bytes.indexOf(0, low);
  return end >= 0 && end < object!.base + object!.size ? true : refuse(one, "has no 0 at its end");
}

/** Whether a field of the kernel's begins there in a value. */
function isField(one: Arg, type: number): boolean {
  const { object, low } = one;
  if (!isIn(one, "map value")) return false;
  return object!.map!.types?.record?.find(low - object!.base, type) !== undefined;
}

const UNLOCK = BPF_FUNC_NAMES.indexOf("spin_unlock");

function checkLock(one: Arg): boolean {
  const { run, id, low } = one;
  if (!isField(one, BPF_SPIN_LOCK)) return refuse(one, "is no lock in a value of a map");
  const isHeld = run.lock !== 0;
  if (id === UNLOCK) {
    if (run.lock !== low) return refuse(one, "is a lock that the program does not hold");
    run.lock = 0;
    return true;
  }
  if (isHeld) {
    run.stop({
      cause: "argument",
      register: 1,
      message: "takes a lock while it holds one",
      linux: { outcome: "hang", text: "the CPU waits for a lock that it holds itself" },
    });
    return false;
  }
  run.lock = low;
  return true;
}

function checkDynptr(one: Arg): boolean {
  const { run, type, low, index, args, object } = one;
  if ((type & MEM_UNINIT) !== 0) {
    if (object?.kind !== "stack" || (low & 7) !== 0) return refuse(one, "is no place on the stack");
    if (run.dynptrs.isReserved(low)) return refuse(one, "is a dynptr that was not given back");
    if (!memoryOk(run, index + 1, DYNPTR_BYTES, true)) return false;
    run.dynptrs.forget(low);
    args.made.push(low);
    return true;
  }
  const isPlace = isIn(one, "stack") || isAtStart(one, "dynptr");
  if (!isPlace || !run.dynptrs.isWhole(low)) return refuse(one, "is no dynptr");
  if ((type & DYNPTR_TYPE_RINGBUF) !== 0 && !run.dynptrs.isRingbuf(low)) {
    return refuse(one, "is a dynptr of another kind");
  }
  args.seen.push(low);
  return true;
}

function checkObject(one: Arg): boolean {
  const { run, proto, index, type, object, low } = one;
  if (object?.isLive !== true || low < object.base)
    return refuse(one, "is no object of the kernel");
  const base = baseType(type);
  if ((type & OBJ_RELEASE) !== 0 && !run.references.has(object)) {
    return refuse(one, "is nothing that was taken");
  }
  if (object.kind === "socket") {
    if (base === arg.ARG_PTR_TO_BTF_ID) return refuse(one, "is a socket");
    const isFull = base !== arg.ARG_PTR_TO_SOCKET || object.regType === PTR_TO_SOCKET;
    return (isFull && low === object.base) || refuse(one, "is a socket of another kind");
  }
  if (object.kind !== "kernel object" || base === arg.ARG_PTR_TO_SOCK_COMMON) {
    return refuse(one, "is no such object of the kernel");
  }
  const wanted = base === arg.ARG_PTR_TO_BTF_ID ? (proto.argBtf?.[index] ?? "") : "sock_common";
  const isOne = wanted === "" || structIdsMatch(object.struct!, low - object.base, wanted, false);
  return isOne || refuse(one, `is no struct ${wanted}`);
}
