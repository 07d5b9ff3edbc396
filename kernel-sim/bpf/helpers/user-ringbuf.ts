import { EAGAIN, EBUSY, EINVAL, ENODATA } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_LOCAL, BpfDynptr } from "../dynptr.ts";
import type { BpfCpu, Callbacks } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, type RingbufMap } from "../maps/ringbuf.ts";

type Vm = BpfCpu<BpfKernel>;

/** One call looks at no more. @linux kernel/bpf/ringbuf.c `BPF_MAX_USER_RINGBUF_SAMPLES` (6.18) */
const SAMPLES_MAX = 128 * 1024;

/** @linux kernel/bpf/ringbuf.c `bpf_user_ringbuf_drain` (6.18) */
export function userRingbufDrain(vm: Vm): Callbacks<BpfKernel> | number {
  const { r } = vm;
  const ring = vm.machine.mapAt(r[2]!) as RingbufMap;
  if ((r[8]! & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0 || r[9] !== 0) return -EINVAL;
  if (ring.isDraining) return -EBUSY;
  ring.isDraining = true;
  const drain = new Drain(vm, ring);
  return drain.start(vm) ? drain : drain.result;
}

class Drain implements Callbacks<BpfKernel> {
  readonly entry: number;
  /** Records that were looked at, once it is over. */
  result = 0;
  readonly #ring: RingbufMap;
  readonly #flags: number;
  readonly #contextLow: number;
  readonly #contextHigh: number;
  /** Records so far, also those that their producer has given up. */
  #samples = 0;
  #discarded = 0;
  #size = 0;

  constructor(vm: Vm, ring: RingbufMap) {
    const { r } = vm;
    this.entry = vm.machine.functionAt(r[4]!);
    this.#ring = ring;
    this.#flags = r[8]!;
    this.#contextLow = r[6]!;
    this.#contextHigh = r[7]!;
  }

  start({ r, memory }: Vm): boolean {
    for (; this.#samples < SAMPLES_MAX; this.#samples++) {
      const found = this.#ring.peekUser();
      if (found === -EAGAIN) {
        this.#discarded++;
        continue;
      }
      if (typeof found === "number") return this.#end(found === -ENODATA ? 0 : found);
      this.#size = found.size;
      const dynptr = new BpfDynptr(memory, this.#ring.dynptr);
      dynptr.init(found.record, BPF_DYNPTR_TYPE_LOCAL, 0, found.size);
      r[2] = this.#ring.dynptr;
      r[3] = 0;
      r[4] = this.#contextLow;
      r[5] = this.#contextHigh;
      return true;
    }
    return this.#end(0);
  }

  #end(errno: number): false {
    this.result = errno === 0 ? this.#samples - this.#discarded : errno;
    this.#ring.isDraining = false;
    const isWoken = (this.#flags & BPF_RB_FORCE_WAKEUP) !== 0;
    const mayWake = (this.#flags & BPF_RB_NO_WAKEUP) === 0 && this.#samples > 0;
    if (isWoken || mayWake) this.#ring.wake();
    return false;
  }

  next(vm: Vm): boolean {
    const { r } = vm;
    const isGoingOn = r[0] === 0 && r[1] === 0;
    this.#ring.releaseUser(this.#size);
    this.#samples++;
    return isGoingOn ? this.start(vm) : this.#end(0);
  }
}
