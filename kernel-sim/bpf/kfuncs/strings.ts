/** Functions for strings that nobody has checked: they read byte by byte and stop where memory does. */
import { E2BIG, ENOENT } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { faultOf, isReadable } from "./memory.ts";

type Vm = BpfCpu<BpfKernel>;

const XATTR_SIZE_MAX = 65_536;

/** A string in a register. */
class Text {
  readonly #vm: Vm;
  readonly #lo: number;
  readonly #hi: number;

  constructor(vm: Vm, regno: number) {
    this.#vm = vm;
    this.#lo = vm.r[regno * 2]!;
    this.#hi = vm.r[regno * 2 + 1]!;
  }

  /** The character there, or undefined where nothing can be read. */
  at(i: number): number | undefined {
    const { memory } = this.#vm;
    const at = this.#lo + i;
    if (!isReadable(memory, at, this.#hi, 1)) return undefined;
    return memory.view.getInt8(at);
  }

  get fault(): number {
    return faultOf(this.#hi);
  }
}

function isMissing(text: Text): boolean {
  return text.at(0) === undefined;
}

function lower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 0x20 : c;
}

function compare(vm: Vm, fold: (c: number) => number): number {
  const a = new Text(vm, 1);
  const b = new Text(vm, 2);
  if (isMissing(a)) return a.fault;
  if (isMissing(b)) return b.fault;
  for (let i = 0; i < XATTR_SIZE_MAX; i++) {
    const c1 = a.at(i);
    const c2 = b.at(i);
    if (c1 === undefined) return a.fault;
    if (c2 === undefined) return b.fault;
    const [x, y] = [fold(c1), fold(c2)];
    if (x !== y) return x < y ? -1 : 1;
    if (x === 0) return 0;
  }
  return -E2BIG;
}

/** @linux kernel/bpf/helpers.c `bpf_strcmp` (6.18) */
export function strcmp(vm: Vm): number {
  return compare(vm, (c) => c);
}

/** @linux kernel/bpf/helpers.c `bpf_strcasecmp` (6.18) */
export function strcasecmp(vm: Vm): number {
  return compare(vm, lower);
}

/** Goes through the string of r1 until `answer` says something. */
function scan(
  vm: Vm,
  count: number,
  answer: (c: number, i: number) => number | undefined,
  otherwise: number,
): number {
  const text = new Text(vm, 1);
  if (isMissing(text)) return text.fault;
  const end = Math.min(count, XATTR_SIZE_MAX);
  for (let i = 0; i < end; i++) {
    const c = text.at(i);
    if (c === undefined) return text.fault;
    const found = answer(c, i);
    if (found !== undefined) return found;
  }
  return end === XATTR_SIZE_MAX ? -E2BIG : otherwise;
}

/** A size of 64 bits, as far as it matters. */
function sizeIn({ r }: Vm, regno: number): number {
  return r[regno * 2 + 1] === 0 ? r[regno * 2]! >>> 0 : Number.MAX_SAFE_INTEGER;
}

function charIn({ r }: Vm, regno: number): number {
  return (r[regno * 2]! << 24) >> 24;
}

function findChar(vm: Vm, count: number, wanted: number): number {
  const check = (c: number, i: number) => {
    if (c === wanted) return i;
    return c === 0 ? -ENOENT : undefined;
  };
  return scan(vm, count, check, -ENOENT);
}

/** @linux kernel/bpf/helpers.c `bpf_strnchr` (6.18) */
export function strnchr(vm: Vm): number {
  return findChar(vm, sizeIn(vm, 2), charIn(vm, 3));
}

/** @linux kernel/bpf/helpers.c `bpf_strchr` (6.18) */
export function strchr(vm: Vm): number {
  return findChar(vm, XATTR_SIZE_MAX, charIn(vm, 2));
}

/** @linux kernel/bpf/helpers.c `bpf_strchrnul` (6.18) */
export function strchrnul(vm: Vm): number {
  const wanted = charIn(vm, 2);
  return scan(vm, XATTR_SIZE_MAX, (c, i) => (c === 0 || c === wanted ? i : undefined), -E2BIG);
}

/** @linux kernel/bpf/helpers.c `bpf_strrchr` (6.18) */
export function strrchr(vm: Vm): number {
  const wanted = vm.r[4]!;
  let last = -ENOENT;
  const check = (c: number, i: number) => {
    if (c === wanted) last = i;
    return c === 0 ? last : undefined;
  };
  return scan(vm, XATTR_SIZE_MAX, check, -E2BIG);
}

function lengthUpTo(vm: Vm, count: number): number {
  return scan(vm, count, (c, i) => (c === 0 ? i : undefined), count);
}

/** @linux kernel/bpf/helpers.c `bpf_strnlen` (6.18) */
export function strnlen(vm: Vm): number {
  return lengthUpTo(vm, sizeIn(vm, 2));
}

/** @linux kernel/bpf/helpers.c `bpf_strlen` (6.18) */
export function strlen(vm: Vm): number {
  return lengthUpTo(vm, XATTR_SIZE_MAX);
}

/** How many characters lie, or do not lie, in the set of r2. */
function span(vm: Vm, isWanted: boolean): number {
  const set = new Text(vm, 2);
  if (isMissing(new Text(vm, 1))) return new Text(vm, 1).fault;
  if (isMissing(set)) return set.fault;
  const check = (c: number, i: number) => {
    if (c === 0) return i;
    for (let j = 0; j < XATTR_SIZE_MAX; j++) {
      const member = set.at(j);
      if (member === undefined) return set.fault;
      if (member === c) return isWanted ? undefined : i;
      if (member === 0) return isWanted ? i : undefined;
    }
    return -E2BIG;
  };
  return scan(vm, XATTR_SIZE_MAX, check, -E2BIG);
}

/** @linux kernel/bpf/helpers.c `bpf_strspn` (6.18) */
export function strspn(vm: Vm): number {
  return span(vm, true);
}

/** @linux kernel/bpf/helpers.c `bpf_strcspn` (6.18) */
export function strcspn(vm: Vm): number {
  return span(vm, false);
}

function findText(vm: Vm, len: number): number {
  const text = new Text(vm, 1);
  const wanted = new Text(vm, 2);
  if (isMissing(text)) return text.fault;
  if (isMissing(wanted)) return wanted.fault;
  for (let i = 0; i < XATTR_SIZE_MAX; i++) {
    const answer = matchAt(text, wanted, i, len);
    if (answer !== undefined) return answer;
  }
  return -E2BIG;
}

/** undefined: not here, but perhaps further on. */
function matchAt(text: Text, wanted: Text, i: number, len: number): number | undefined {
  let j = 0;
  for (; i + j <= len && j < XATTR_SIZE_MAX; j++) {
    const c2 = wanted.at(j);
    if (c2 === undefined) return wanted.fault;
    if (c2 === 0) return i;
    // What is looked for may end with the text: one byte more of it was read.
    if (i + j === len) break;
    const c1 = text.at(i + j);
    if (c1 === undefined) return text.fault;
    if (c1 === 0) return -ENOENT;
    if (c1 !== c2) break;
  }
  if (j === XATTR_SIZE_MAX) return -E2BIG;
  return i + j === len ? -ENOENT : undefined;
}

/** @linux kernel/bpf/helpers.c `bpf_strstr` (6.18) */
export function strstr(vm: Vm): number {
  return findText(vm, XATTR_SIZE_MAX);
}

/** @linux kernel/bpf/helpers.c `bpf_strnstr` (6.18) */
export function strnstr(vm: Vm): number {
  return findText(vm, sizeIn(vm, 3));
}
