/** Helpers of programs that do system calls' work. @linux kernel/bpf/syscall.c, kernel/bpf/btf.c (6.18) */
import { EINVAL, ENOENT, EPERM } from "../../include/errno.ts";
import { writeWord } from "../../trace/kernel-functions.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfCaller } from "../sys/caller.ts";
import { textAt } from "./strings.ts";
import { readKernel } from "./unsafe-memory.ts";

type Vm = BpfCpu<BpfKernel>;

/** A name with its final 0 as the last of its bytes; undefined for another one. */
function nameOf({ r, memory: { bytes } }: Vm): string | undefined {
  const size = r[4]! >>> 0;
  if (size <= 1 || bytes[r[2]! + size - 1] !== 0) return undefined;
  return textAt(bytes, r[2]!, r[2]! + size);
}

/** @linux kernel/bpf/btf.c `bpf_btf_find_by_name_kind` (6.18) */
export function btfFindByNameKind(vm: Vm): number {
  const { r } = vm;
  const name = nameOf(vm);
  if ((r[8]! | r[9]!) !== 0 || name === undefined) return -EINVAL;
  return btfVmlinux().findByNameKind(name, r[6]! >>> 0)?.id ?? -ENOENT;
}

/** @linux kernel/bpf/syscall.c `bpf_kallsyms_lookup_name` (6.18) */
export function kallsymsLookupName(vm: Vm): number {
  const { r, memory, machine } = vm;
  const name = nameOf(vm);
  writeWord(memory, r[8]!, 0);
  if ((r[6]! | r[7]!) !== 0 || name === undefined) return -EINVAL;
  if (!machine.showsAddresses) return -EPERM;
  const address = machine.kallsyms.lookupName(name);
  if (address === undefined) return -ENOENT;
  writeWord(memory, r[8]!, address);
  return 0;
}

/** What programs may ask for. */
const COMMANDS: ReadonlySet<number> = new Set([
  0, // BPF_MAP_CREATE
  2, // BPF_MAP_UPDATE_ELEM
  3, // BPF_MAP_DELETE_ELEM
  5, // BPF_PROG_LOAD
  14, // BPF_MAP_GET_FD_BY_ID
  17, // BPF_RAW_TRACEPOINT_OPEN
  18, // BPF_BTF_LOAD
  22, // BPF_MAP_FREEZE
  28, // BPF_LINK_CREATE
]);

/**
 * A call of bpf(2) whose attributes, and what they point to, lie in the kernel's memory.
 *
 * @linux kernel/bpf/syscall.c `bpf_sys_bpf` (6.18)
 */
export function sysBpfHelper(vm: Vm): number {
  const { r, machine, memory } = vm;
  const command = r[2]!;
  if (!COMMANDS.has(command)) return -EINVAL;
  const kernelMemory: BpfCaller["memory"] = {
    read: (address, size) => readKernel(vm, wordsOf(address), size)?.slice(),
    write(address, bytes) {
      const isThere = readKernel(vm, wordsOf(address), bytes.length) !== undefined;
      if (isThere) memory.bytes.set(bytes, address);
      return isThere;
    },
  };
  const caller = { ...(machine.caller ?? callerOutside(machine)), memory: kernelMemory };
  return machine.sysBpf(caller, command, r[4]!, r[6]! >>> 0);
}

const UPPER = 0x1_0000_0000;

function wordsOf(address: number): [low: number, high: number] {
  return [address | 0, Math.floor(address / UPPER)];
}

/** The program was not started by a task. */
function callerOutside(machine: BpfKernel): Omit<BpfCaller, "memory"> {
  return {
    files: machine.files,
    pins: { pin: () => -EINVAL, get: () => -EINVAL },
    surroundings: {
      isNetNs: () => false,
      isRegularFile: () => -ENOENT,
      hasProcess: (pid) => machine.findTask(pid) !== undefined,
      objectOfTask: () => -ENOENT,
    },
    caps: machine.caps,
    uid: machine.callerUid,
    unprivilegedBpfDisabled: machine.unprivilegedBpfDisabled,
  };
}

/** @linux kernel/bpf/syscall.c `bpf_sys_close` (6.18) */
export function sysClose({ r, machine }: Vm): number {
  return machine.files.closeFd(r[2]!);
}
