import type { KernelPart, ModeTimes } from "#kernel-sim";

// Taken before the realm is locked.
const HostWeakRef = globalThis.WeakRef;

type Kernel = ReturnType<KernelPart["livingKernel"]>;

const NONE: ModeTimes = { user: 0, kernel: 0, interrupt: 0, idle: 0 };
const MODES = ["user", "kernel", "interrupt", "idle"] as const;

/** How the processors of all machines have spent their time, by mode; it keeps no machine alive. */
export class MachineTimes {
  #seen: { readonly kernel: WeakRef<Kernel>; times: ModeTimes }[] = [];

  /** From now on the machines that `part` makes are counted. */
  watch(part: KernelPart): KernelPart {
    return Object.freeze({
      ...part,
      livingKernel: (...args: Parameters<KernelPart["livingKernel"]>) => {
        const kernel = part.livingKernel(...args);
        this.#seen.push({ kernel: new HostWeakRef(kernel), times: NONE });
        return kernel;
      },
    });
  }

  /** The time since the last call, of all CPUs together in ns; undefined when no machine has run. */
  take(): ModeTimes | undefined {
    const sum = { ...NONE };
    this.#seen = this.#seen.filter((each) => {
      const times = each.kernel.deref()?.modeTimes();
      if (times === undefined) return false;
      for (const mode of MODES) sum[mode] += times[mode] - each.times[mode];
      each.times = times;
      return true;
    });
    return sum.user + sum.kernel + sum.interrupt > 0 ? sum : undefined;
  }
}
