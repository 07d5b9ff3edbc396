/** Accesses to memory: whether the place is the program's, and what lies there if it is not. */

import { BTF_KIND_STRUCT, isStruct } from "../btf/kinds.ts";
import { structAccess } from "../btf/struct-walk.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { ArrayLookup } from "../maps/lookup-shape.ts";
import { type CtxAccess, SCALAR } from "../verifier/ctx/access.ts";
import { isCtxPlainMemory } from "../verifier/helper-memory.ts";
import { PTR_TO_BTF_ID } from "../verifier/reg-type.ts";
import { BPF_READ, BPF_WRITE } from "../verifier/region-access.ts";
import { sockAccessOf } from "../verifier/sock-access.ts";
import { type Fault, type FaultPlace, hex64, oops, pageFault, placeText } from "./fault.ts";
import type { MemoryObject } from "./objects.ts";
import type { CheckedRun } from "./run.ts";

export interface Access {
  /** The register that holds the pointer. */
  readonly register: number;
  /** What is added to it. */
  readonly off: number;
  /** In bytes. */
  readonly size: number;
  readonly isWrite: boolean;
  /** A load that extends the sign. */
  readonly isLdsx: boolean;
  /** By a helper, which looks at it on its own. */
  readonly isByHelper: boolean;
}

/** What a load will answer; undefined: the run has been stopped. */
export function checkAccess(run: CheckedRun, access: Access): CtxAccess | undefined {
  const { r } = run.vm;
  const high = r[access.register * 2 + 1]!;
  const object = run.objects.find(high);
  const low = (r[access.register * 2]! + access.off) | 0;
  const answer = object === undefined ? undefined : allowed(run, object, low - object.base, access);
  if (answer === undefined) refuse(run, object, low, access);
  return answer;
}

function allowed(
  run: CheckedRun,
  object: MemoryObject,
  at: number,
  access: Access,
): CtxAccess | undefined {
  if (!object.isLive) return undefined;
  const { size, isWrite, isLdsx } = access;
  const { expectedAttachType } = run.env;
  const request = {
    ...{ off: at, size, access: isWrite ? BPF_WRITE : BPF_READ, isLdsx },
    ...{ expectedAttachType, isBpfCapable: true },
  };
  switch (object.kind) {
    case "context":
      if (at < 0 || at + size > object.size) return undefined;
      if (!access.isByHelper) return run.env.ops?.isValidAccess(request, run.env);
      return isCtxPlainMemory(run.env) ? SCALAR : undefined;
    case "socket":
      return sockAccessOf(object.regType!)?.(request) === true ? SCALAR : undefined;
    case "kernel object":
      return isWrite ? undefined : fieldOf(object.struct!, at, size);
    case "map":
      return isWrite || access.isByHelper ? undefined : fieldOf(object.struct!, at, size);
    case "arena":
      return access.isByHelper ? undefined : SCALAR;
    case "function":
    case "dynptr":
      return undefined;
    default:
      return isPlainOk(object, at, access) ? SCALAR : undefined;
  }
}

function isPlainOk(object: MemoryObject, at: number, { size, isWrite }: Access): boolean {
  if (at < 0 || at + size > object.size) return false;
  if (!(isWrite ? object.isWritable : object.isReadable)) return false;
  return ownFieldAt(object, at, size) === undefined;
}

/** What of a value is the kernel's own. */
function ownFieldAt({ map, kind }: MemoryObject, at: number, size: number) {
  if (kind !== "map value") return undefined;
  return map?.types?.record?.fields.find(
    (field) => at < field.offset + field.size && field.offset < at + size,
  );
}

/** What a load from an object of the kernel gets. */
function fieldOf(struct: string, at: number, size: number): CtxAccess | undefined {
  const btf = btfVmlinux();
  const type = btf.findByNameKind(struct, BTF_KIND_STRUCT);
  if (type === undefined || !isStruct(type) || at < 0) return undefined;
  const found = structAccess(btf, type, at, size);
  if (found.kind === "refused") return undefined;
  if (found.kind !== "ptr") return SCALAR;
  return { regType: PTR_TO_BTF_ID, btfType: btf.nameOf(found.to) };
}

function refuse(
  run: CheckedRun,
  object: MemoryObject | undefined,
  low: number,
  access: Access,
): void {
  const high = run.vm.r[access.register * 2 + 1]!;
  const place = placeOf(run, object, low, high, access);
  const verb = access.isWrite ? "writes" : "reads";
  const who = access.isByHelper ? `the helper ${verb}` : verb;
  run.stop({
    cause: access.isByHelper ? "argument" : "memory",
    register: access.register,
    place,
    message: `${who} ${access.size} bytes through R${access.register} at 0x${hex64(low, high)}: ${place.memory}`,
    linux: consequence(run, object, low, high, access),
  });
}

function placeOf(
  run: CheckedRun,
  object: MemoryObject | undefined,
  low: number,
  high: number,
  { size, isWrite, register }: Access,
): FaultPlace {
  const isNull = (run.vm.r[register * 2]! | high) === 0;
  const memory =
    object === undefined
      ? scalarText(run, low, high, isNull)
      : objectText(object, low, size, isWrite);
  const kind = object === undefined ? "" : object.isLive ? object.kind : "freed";
  return { access: isWrite ? "write" : "read", size, low, high, memory, kind };
}

/** A number that is no pointer to anything. */
function scalarText(run: CheckedRun, low: number, high: number, isNull: boolean): string {
  if (isNull) return `${placeText(low, high)}; the register holds NULL`;
  const text = `${placeText(low, high)}; the register holds a number, not a pointer`;
  const near = high === 0 ? run.objects.around(low) : undefined;
  return near === undefined ? text : `${text} (the lower half of one to ${near.name})`;
}

/** Where an access to an object went, in words. */
export function objectText(
  object: MemoryObject,
  low: number,
  size: number,
  isWrite: boolean,
): string {
  const { kind, name } = object;
  const at = low - object.base;
  if (!object.isLive) return `${name}, which is no longer there`;
  switch (kind) {
    case "arena":
    case "function":
    case "dynptr":
      return `${name}, which programs hand on but do not look into`;
    case "context":
      return `byte ${at} of ${name}, which a program may not ${isWrite ? "write" : "read"} so`;
    case "socket":
    case "map":
    case "kernel object":
      return isWrite
        ? `${name}, which programs only read`
        : `byte ${at} of ${name}, where no such field is`;
    case "stack":
      if (at < 0) return `${-at} bytes below ${name}`;
      if (at + size > object.size) {
        const above = Math.max(0, at - object.size);
        return `${above} bytes above ${name}, where saved registers and the way back stand`;
      }
      break;
    default:
      if (at < 0) return `${-at} bytes in front of ${name}`;
      if (at + size > object.size) return `byte ${at} of ${name}, which has ${object.size}`;
  }
  if (ownFieldAt(object, at, size) !== undefined) return `what in ${name} is the kernel's own`;
  return `${name}, which programs may not ${isWrite ? "write" : "read"}`;
}

const PAGE_BYTES = 4096;

/** What Linux's kernel does, which checks nothing while a program runs. */
function consequence(
  run: CheckedRun,
  object: MemoryObject | undefined,
  low: number,
  high: number,
  access: Access,
): Fault["linux"] {
  if (object === undefined) return pageFault(low, high);
  const at = low - object.base;
  const isNear = at >= -PAGE_BYTES && at < object.size + PAGE_BYTES;
  if (!isNear && run.objects.around(low) === undefined) return pageFault(low, high);
  const what = object.isLive ? neighbour(object, low, access.size) : "what now lies there";
  if (!access.isWrite) {
    return { outcome: "leak", text: `nothing stops it: the program gets ${what}` };
  }
  if (object.kind === "stack" && at >= object.size) {
    return oops(`overwrites ${what}: the CPU goes on at an address that the program wrote`);
  }
  return { outcome: "corruption", text: `nothing stops it: ${what} changes, and nobody is told` };
}

/** What Linux has beside an object, or in a part of it that is not the program's. */
function neighbour(object: MemoryObject, low: number, bytes: number): string {
  const { kind, base, size, name, map } = object;
  const at = low - base;
  if (kind === "context") return "some field of the kernel's own structure";
  if (at >= 0 && at + bytes <= size) return name;
  if (kind === "stack" && at >= size) return "the way back to its caller";
  const shape = kind === "map value" ? map?.lookupShape() : undefined;
  // Where the access leaves the value.
  const outside = at < 0 ? low : low + bytes - 1;
  if (shape?.kind === "array" && isAmongValues(shape, outside)) return `another value of the map`;
  return `whatever the kernel keeps beside ${name}`;
}

function isAmongValues({ values, indexStride, maxEntries }: ArrayLookup, address: number): boolean {
  return address >= values && address < values + indexStride * maxEntries;
}
