/** Links of one program at many functions at once. */
import { E2BIG, EBADF, EFAULT, EINVAL, ENOSPC, EOPNOTSUPP, ESRCH } from "../../include/errno.ts";
import { addressOf, functionAt, isKernelFunction } from "../../trace/kernel-functions.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LoadedProgram } from "../program.ts";
import type { BpfAttr } from "../sys/attr.ts";
import type { BpfCaller, UserMemory } from "../sys/caller.ts";
import { readText } from "../sys/user-text.ts";
import * as uapi from "../uapi.ts";
import { BPF_LINK_TYPE_KPROBE_MULTI, KernelLink, type LinkOps, linkNewFd } from "./link.ts";

/** As many functions may be named. @linux kernel/trace/bpf_trace.c `MAX_KPROBE_MULTI_CNT` (6.18) */
const PROBES_MAX = 1 << 20;
const KSYM_NAME_LEN = 512;
const PATH_MAX = 4096;
/** BPF_F_KPROBE_MULTI_RETURN and BPF_F_UPROBE_MULTI_RETURN. */
const MULTI_RETURN = 1;

/** One of the functions, and what the program can ask for there. */
interface Probe {
  readonly func: string;
  readonly cookie: bigint;
}

/**
 * @linux kernel/trace/bpf_trace.c `bpf_kprobe_multi_link_attach` (6.18)
 * @simplified a program of a session (`kprobe.session`) passes all checks and gets EOPNOTSUPP then
 */
export function kprobeMultiLinkAttach(
  kernel: BpfKernel,
  { memory }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(12) !== 0) return -EINVAL;
  const { expectedAttachType } = prog;
  const isSession = expectedAttachType === uapi.BPF_TRACE_KPROBE_SESSION;
  if (!isSession && expectedAttachType !== uapi.BPF_TRACE_KPROBE_MULTI) return -EINVAL;
  const flags = attr.u32(16);
  if ((flags & ~MULTI_RETURN) !== 0) return -EINVAL;
  const names = attr.u64(24);
  const addresses = attr.u64(32);
  if ((names !== 0) === (addresses !== 0)) return -EINVAL;
  const count = attr.u32(20);
  if (count === 0) return -EINVAL;
  if (count > PROBES_MAX) return -E2BIG;
  const cookies = readCookies(memory, attr.u64(40), count);
  if (typeof cookies === "number") return cookies;
  const functions =
    names === 0 ? readAddresses(memory, addresses, count) : readNames(memory, names, count);
  if (typeof functions === "number") return functions;
  const hasUnknown = functions.includes("");
  // Each symbol is found for one of the names that are the same.
  const isEachFound = !hasUnknown && new Set(functions).size === count;
  if (names !== 0 && !isEachFound) return -ESRCH;
  const probes = functions.map((func, i) => ({ func, cookie: cookies?.[i] ?? 0n }));
  if (names !== 0) probes.sort((a, b) => (a.func < b.func ? -1 : Number(a.func > b.func)));
  // Only so that a cookie is found by its address.
  if (cookies !== undefined) probes.sort((a, b) => addressOf(a.func) - addressOf(b.func));
  const ops: LinkOps = kprobeMultiOps(probes, flags, cookies !== undefined);
  const link = new KernelLink(BPF_LINK_TYPE_KPROBE_MULTI, ops, prog, expectedAttachType);
  return linkNewFd(kernel, link, () => {
    if (hasUnknown) return -EINVAL;
    if (isSession || !prog.isRunnable) return -EOPNOTSUPP;
    link.attachments = probes.map(({ func, cookie }) => {
      const hook = { kind: "kprobe", func, isReturn: flags !== 0 } as const;
      return kernel.attached.attach(prog, hook, cookie);
    });
    return 0;
  });
}

function readCookies(
  memory: UserMemory,
  address: number,
  count: number,
): readonly bigint[] | undefined | number {
  return address === 0 ? undefined : readWords(memory, address, count);
}

function readWords(memory: UserMemory, address: number, count: number): bigint[] | number {
  const words: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const bytes = memory.read(address + i * 8, 8);
    if (bytes === undefined) return -EFAULT;
    words.push(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  }
  return words;
}

/** Functions by their names; "" is none. */
function readNames(memory: UserMemory, address: number, count: number): string[] | number {
  const places = readWords(memory, address, count);
  if (typeof places === "number") return places;
  const found: string[] = [];
  for (const place of places) {
    const name = readText(memory, Number(place), KSYM_NAME_LEN);
    if (name === undefined) return -EFAULT;
    if (name.length === KSYM_NAME_LEN) return -E2BIG;
    found.push(isKernelFunction(name) ? name : "");
  }
  return found;
}

/** The same by where they lie. */
function readAddresses(memory: UserMemory, address: number, count: number): string[] | number {
  const places = readWords(memory, address, count);
  if (typeof places === "number") return places;
  return places.map((place) => functionAt(Number(BigInt.asIntN(64, place))) ?? "");
}

/** @linux kernel/trace/bpf_trace.c `bpf_kprobe_multi_link_lops` (6.18) */
function kprobeMultiOps(probes: readonly Probe[], flags: number, hasCookies: boolean): LinkOps {
  return {
    typeName: flags === 0 ? "kprobe_multi" : "kretprobe_multi",
    fdinfo() {
      const head = `kprobe_cnt:\t${probes.length}\nmissed:\t0\ncookie\t func\n`;
      return head + probes.map(({ func, cookie }) => `${cookie}\t ${func}+0x0/0x40\n`).join("");
    },
    fillInfo(_link, info, memory) {
      const addresses = info.getBigUint64(16, true);
      const cookies = info.getBigUint64(40, true);
      const room = info.getUint32(24, true);
      if ((room === 0) !== (addresses === 0n)) return -EINVAL;
      if (cookies !== 0n && addresses === 0n) return -EINVAL;
      info.setUint32(24, probes.length, true);
      info.setUint32(28, flags, true);
      info.setBigUint64(32, 0n, true);
      if (addresses === 0n) return 0;
      const shown = Math.min(room, probes.length);
      const where = probes.map(({ func }) => BigInt.asUintN(64, BigInt(addressOf(func))));
      const told = probes.slice(0, shown).map(({ cookie }) => (hasCookies ? cookie : 0n));
      const isWritten =
        (cookies === 0n || memory.write(Number(cookies), wordsOf(told))) &&
        memory.write(Number(addresses), wordsOf(where.slice(0, shown)));
      if (!isWritten) return -EFAULT;
      return room < probes.length ? -ENOSPC : 0;
    },
  };
}

function wordsOf(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

/**
 * @linux kernel/trace/bpf_trace.c `bpf_uprobe_multi_link_attach` (6.18)
 * @simplified no program can be probed while it runs: what passes all checks gets EOPNOTSUPP
 */
export function uprobeMultiLinkAttach(
  { memory, surroundings }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(12) !== 0) return -EINVAL;
  const { expectedAttachType } = prog;
  const isMulti =
    expectedAttachType === uapi.BPF_TRACE_UPROBE_MULTI ||
    expectedAttachType === uapi.BPF_TRACE_UPROBE_SESSION;
  if (!isMulti || (attr.u32(52) & ~MULTI_RETURN) !== 0) return -EINVAL;
  const [path, offsets, references, cookies] = [16, 24, 32, 40].map((at) => attr.u64(at));
  const count = attr.u32(48);
  const pid = attr.s32(56);
  if (path === 0 || offsets === 0 || count === 0 || pid < 0) return -EINVAL;
  if (count > PROBES_MAX) return -E2BIG;
  const name = readText(memory, path!, PATH_MAX);
  if (name === undefined) return -EFAULT;
  if (name.length === PATH_MAX) return -EINVAL;
  // Without a name that is the directory in which the caller is.
  const file = name === "" ? false : surroundings.isRegularFile(name);
  if (typeof file === "number") return file;
  if (!file) return -EBADF;
  if (pid !== 0 && !surroundings.hasProcess(pid)) return -ESRCH;
  const err = checkOffsets(memory, [cookies!, references!, offsets!], count);
  return err !== 0 ? err : -EOPNOTSUPP;
}

/** One after the other, each with what belongs to it: the last list has the offsets. */
function checkOffsets(memory: UserMemory, lists: readonly number[], count: number): 0 | number {
  for (let i = 0; i < count; i++) {
    let last = 0;
    for (const list of lists) {
      const bytes = list === 0 ? undefined : memory.read(list + i * 8, 8);
      if (list !== 0 && bytes === undefined) return -EFAULT;
      last = bytes?.[7] ?? 0;
    }
    if (last >= 0x80) return -EINVAL;
  }
  return 0;
}
