/** Keys of the kernel, as programs hold them. */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_key`: of a keyring it has the number in the place of an address. */
const BPF_KEY_BYTES = 16;
const HAS_REF = 8;
/** `VERIFY_USE_PLATFORM_KEYRING` */
const LAST_KEYRING = 2;
/** KEY_LOOKUP_CREATE: who has no keyring of that kind gets one. */
const LOOKUP_CREATE = 1;
/** `KEY_LOOKUP_ALL` */
const LOOKUP_FLAGS = 3;
/** KEY_SPEC_…: the keyrings that belong to a task. @linux include/uapi/linux/keyctl.h (6.18) */
const THREAD_KEYRING = -1;
const PROCESS_KEYRING = -2;
/** Of its session, its user and the sessions of that user: those are made for whoever asks. */
const SESSION_KEYRING = -3;
const USER_SESSION_KEYRING = -5;

/**
 * @linux kernel/bpf/helpers.c `bpf_lookup_user_key`, security/keys/process_keys.c `lookup_user_key` (6.18)
 * @simplified there are the keyrings that every task has, and no keys in them
 */
export function lookupUserKey(vm: Vm): number {
  const { r } = vm;
  const [serial, flags] = [r[2]!, r[4]!];
  if ((flags & ~LOOKUP_FLAGS) !== 0 || r[5] !== 0) return 0;
  const mayCreate = (flags & LOOKUP_CREATE) !== 0;
  return hasKeyring(vm.machine, serial, mayCreate) ? newKey(vm, serial, true) : 0;
}

/** Whether the current task has a keyring of that number. */
function hasKeyring(machine: BpfKernel, serial: number, mayCreate: boolean): boolean {
  if (serial >= USER_SESSION_KEYRING && serial <= SESSION_KEYRING) return true;
  if (serial !== THREAD_KEYRING && serial !== PROCESS_KEYRING) return false;
  const { current } = machine;
  const holder = serial === THREAD_KEYRING ? current : (machine.findTask(current.tgid) ?? current);
  const rings = serial === THREAD_KEYRING ? machine.threadKeyrings : machine.processKeyrings;
  const owner = holder.identity ?? holder;
  if (mayCreate) rings.add(owner);
  return rings.has(owner);
}

/** Whether the caller of bpf(2) may name it: a keyring of the kernel's or one of his. */
export function isKeyringKnown(machine: BpfKernel, id: number): boolean {
  return id >>> 0 <= LAST_KEYRING || hasKeyring(machine, id, false);
}

/** @linux kernel/bpf/helpers.c `bpf_lookup_system_key` (6.18) */
export function lookupSystemKey(vm: Vm): number {
  const { r } = vm;
  return r[3] !== 0 || r[2]! >>> 0 > LAST_KEYRING ? 0 : newKey(vm, r[2]!, false);
}

function newKey({ memory }: Vm, keyring: number, hasRef: boolean): number {
  const key = memory.alloc(BPF_KEY_BYTES);
  if (key === 0) return 0;
  memory.view.setInt32(key, keyring, true);
  memory.view.setUint8(key + HAS_REF, hasRef ? 1 : 0);
  return key;
}

/** @linux kernel/bpf/helpers.c `bpf_key_put` (6.18) */
export function keyPut({ r, memory }: Vm): number {
  memory.free(r[2]!, BPF_KEY_BYTES);
  return 0;
}
