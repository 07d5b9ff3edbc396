/** Helpers for the Internet checksum. @spec RFC 1071 @linux net/core/filter.c (6.18) */
import { EACCES, EFAULT, EINVAL, ENOTSUPP } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux net/core/filter.c `bpf_csum_diff` (6.18) */
export function csumDiff(vm: Vm): number {
  const { r } = vm;
  const { view } = vm.memory;
  const from = r[2]!;
  const fromSize = r[4]! >>> 0;
  const to = r[6]!;
  const toSize = r[8]! >>> 0;
  let sum = r[10]! >>> 0;
  if (fromSize !== 0 && toSize !== 0) {
    sum = add(partial(view, to, toSize, sum), ~partial(view, from, fromSize, 0) >>> 0);
  } else if (toSize !== 0) {
    sum = partial(view, to, toSize, sum);
  } else if (fromSize !== 0) {
    sum = ~partial(view, from, fromSize, ~sum >>> 0) >>> 0;
  }
  return fold(sum);
}

/** Ones' complement addition: the carry comes back in at the bottom. */
function add(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? (sum - 0xffff_ffff) >>> 0 : sum;
}

/** Bytes that are no whole word at the end count as one that goes on with zeros. @linux arch/x86/lib/csum-partial_64.c `csum_partial` (6.18) */
function partial(view: DataView, at: number, size: number, start: number): number {
  let sum = start;
  let i = 0;
  for (; i + 4 <= size; i += 4) sum = add(sum, view.getUint32(at + i, true));
  if (i === size) return sum;
  let rest = 0;
  for (let shift = 0; i < size; i++, shift += 8) rest |= view.getUint8(at + i) << shift;
  return add(sum, rest);
}

/** @linux include/net/checksum.h `csum_from32to16` (6.18) */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ((once & 0xffff) + (once >>> 16)) & 0xffff;
}

const FIELD_SIZE = 0xf;
const PSEUDO_HEADER = 1 << 4;
const MARK_MANGLED_0 = 1 << 5;
const MARK_ENFORCE = 1 << 6;
const IS_IPV6 = 1 << 7;
const OFFSET_MAX = 0xffff;
/** A UDP checksum of 0 says that there is none. */
const MANGLED_0 = 0xffff;

/** @linux net/core/filter.c `bpf_l3_csum_replace` (6.18) */
export function l3CsumReplace(vm: Vm): number {
  const { r } = vm;
  if ((r[10]! & ~FIELD_SIZE) !== 0 || r[11] !== 0) return -EINVAL;
  return replaced(vm);
}

/** @linux net/core/filter.c `bpf_l4_csum_replace` (6.18) */
export function l4CsumReplace(vm: Vm): number {
  const { r } = vm;
  const known = FIELD_SIZE | PSEUDO_HEADER | MARK_MANGLED_0 | MARK_ENFORCE | IS_IPV6;
  if ((r[10]! & ~known) !== 0 || r[11] !== 0) return -EINVAL;
  const at = placeOf(vm);
  if (at < 0) return at;
  const { view } = vm.memory;
  const isMarked = (r[10]! & MARK_MANGLED_0) !== 0;
  const isNone = view.getUint16(at, true) === 0;
  if (isMarked && (r[10]! & MARK_ENFORCE) === 0 && isNone) return 0;
  const err = replaced(vm);
  if (err === 0 && isMarked && view.getUint16(at, true) === 0) view.setUint16(at, MANGLED_0, true);
  return err;
}

/** Where the checksum lies, or a negative errno. */
function placeOf(vm: Vm): number {
  const { data, length } = vm.machine.packet;
  const offset = vm.r[4]! >>> 0;
  if (offset > OFFSET_MAX || (offset & 1) !== 0 || offset + 2 > length) return -EFAULT;
  return data + offset;
}

function replaced(vm: Vm): 0 | number {
  const { r } = vm;
  const { view } = vm.memory;
  const at = placeOf(vm);
  if (at < 0) return at;
  const from = r[6]! >>> 0;
  const to = r[8]! >>> 0;
  const old = ~view.getUint16(at, true) & 0xffff;
  switch (r[10]! & FIELD_SIZE) {
    case 0:
      if ((r[6]! | r[7]!) !== 0) return -EINVAL;
      view.setUint16(at, ~fold(add(to, old)) & 0xffff, true);
      return 0;
    case 2: {
      const difference = add(~(from & 0xffff) >>> 0, to & 0xffff);
      view.setUint16(at, ~fold(add(old, difference)) & 0xffff, true);
      return 0;
    }
    case 4:
      view.setUint16(at, ~fold(add(add(old, ~from >>> 0), to)) & 0xffff, true);
      return 0;
    default:
      return -EINVAL;
  }
}

/** Only a sum that the device has computed could be updated. @linux net/core/filter.c `bpf_csum_update` (6.18) */
export function csumUpdate(_vm: Vm): number {
  return -ENOTSUPP;
}

const LEVEL_QUERY = 0;
const LEVEL_INC = 1;
const LEVEL_DEC = 2;
const LEVEL_RESET = 3;
const LEVEL_MAX = 3;

/** How many checksums from the outside are known to be right. @linux net/core/filter.c `bpf_csum_level` (6.18) */
export function csumLevel(vm: Vm): number {
  const { packet } = vm.machine;
  const { csumLevel: level } = packet;
  switch (vm.r[4]! >>> 0) {
    case LEVEL_QUERY:
      return level ?? -EACCES;
    case LEVEL_INC:
      packet.csumLevel = level === undefined ? 0 : Math.min(LEVEL_MAX, level + 1);
      return 0;
    case LEVEL_DEC:
      packet.csumLevel = level === undefined || level === 0 ? undefined : level - 1;
      return 0;
    case LEVEL_RESET:
      packet.csumLevel = undefined;
      return 0;
    default:
      return -EINVAL;
  }
}
