/** Map commands: keys and values come from the caller's memory, and go there. */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import {
  mapCreate,
  mapDeleteElem,
  mapFromFd,
  mapGetNextKey,
  mapLookupAndDeleteElem,
  mapLookupElem,
  mapUpdateElem,
} from "../syscall.ts";
import { BPF_MAP_TYPE_BLOOM_FILTER } from "../uapi.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller } from "./caller.ts";

const OBJ_NAME_LEN = 16;

/** @linux kernel/bpf/syscall.c `map_create` (6.18) */
export function mapCreateCommand(kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  const name = attr.text(28, OBJ_NAME_LEN);
  if (name === undefined) return -EINVAL;
  return mapCreate(kernel, {
    mapType: attr.u32(0),
    keySize: attr.u32(4),
    valueSize: attr.u32(8),
    maxEntries: attr.u32(12),
    mapFlags: attr.u32(16),
    innerMapFd: attr.s32(20),
    numaNode: attr.u32(24),
    btfFd: attr.s32(48),
    btfKeyTypeId: attr.u32(52),
    btfValueTypeId: attr.u32(56),
    btfVmlinuxValueTypeId: attr.u32(60),
    mapTokenFd: attr.s32(76),
    mapExtra: attr.u64(64),
    name,
  });
}

interface ElementCall {
  readonly fd: number;
  readonly map: KernelMap;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly valueAddress: number;
  readonly flags: number;
}

/** What an element command is asked; a negative errno when a pointer leads nowhere. */
function elementCall(
  kernel: BpfKernel,
  { memory }: BpfCaller,
  attr: BpfAttr,
  isValueRead: boolean,
): ElementCall | number {
  const fd = attr.s32(0);
  const map = mapFromFd(kernel, fd);
  if (typeof map === "number") return map;
  const keyAddress = attr.u64(8);
  const valueAddress = attr.u64(16);
  const key = keyAddress === 0 ? null : memory.read(keyAddress, map.attr.keySize);
  if (key === undefined) return -EFAULT;
  const value =
    !isValueRead || valueAddress === 0 ? null : memory.read(valueAddress, map.userValueSize);
  if (value === undefined) return -EFAULT;
  return { fd, map, key, value, valueAddress, flags: attr.u64(24) };
}

export function lookupCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const mapOfCall = mapFromFd(kernel, attr.s32(0));
  const isAsked =
    typeof mapOfCall !== "number" && mapOfCall.attr.mapType === BPF_MAP_TYPE_BLOOM_FILTER;
  const call = elementCall(kernel, caller, attr, isAsked);
  if (typeof call === "number") return call;
  const { fd, key, value, valueAddress, flags } = call;
  return answer(caller, valueAddress, mapLookupElem(kernel, fd, key, flags, value ?? undefined));
}

export function lookupAndDeleteCommand(
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
): number {
  const call = elementCall(kernel, caller, attr, false);
  if (typeof call === "number") return call;
  const { fd, key, valueAddress, flags } = call;
  return answer(caller, valueAddress, mapLookupAndDeleteElem(kernel, fd, key, flags));
}

export function updateCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const call = elementCall(kernel, caller, attr, true);
  if (typeof call === "number") return call;
  return mapUpdateElem(kernel, call.fd, call.key, call.value, call.flags);
}

export function deleteCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const call = elementCall(kernel, caller, attr, false);
  return typeof call === "number" ? call : mapDeleteElem(kernel, call.fd, call.key);
}

export function nextKeyCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const call = elementCall(kernel, caller, attr, false);
  if (typeof call === "number") return call;
  return answer(caller, call.valueAddress, mapGetNextKey(kernel, call.fd, call.key));
}

function answer({ memory }: BpfCaller, address: number, found: Uint8Array | number): number {
  if (typeof found === "number") return found;
  return memory.write(address, found) ? 0 : -EFAULT;
}
