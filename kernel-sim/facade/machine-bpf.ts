import type { BpfSyscall } from "../api.ts";
import { BpfKernel } from "../bpf/kernel.ts";
import { runClassic, socketFiltersOf } from "../bpf/socket-filter.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { ENOENT } from "../include/errno.ts";
import { Tracing } from "../trace/tracing.ts";
import { makeBpfError } from "./bpf-error.ts";
import type { BpfHome, MachineBpf } from "./bpf-part.ts";
import { bpfRows } from "./bpf-rows.ts";
import { loadBtf } from "./btf.ts";
import { checkedFilter } from "./classic.ts";
import { facade } from "./facade.ts";
import { kernelBtf } from "./kernel-btf.ts";
import type { PinObject } from "./link.ts";
import { createMap } from "./map.ts";
import { load } from "./prog.ts";
import { runUnverifiedProgram } from "./run-unverified.ts";
import { verifyOnly } from "./verify.ts";

/** BPF of one machine, as its `bpf` and its kernel reach it. */
export function machineBpf(home: BpfHome): MachineBpf {
  const { seed, cpus, clock, ring, assertOpen, living } = home;
  let kernel: BpfKernel | undefined;
  let tracing = new Tracing();

  function open(): BpfKernel {
    assertOpen();
    // The memory of BPF is made at its first use: most machines never need it.
    kernel ??= new BpfKernel(seed, cpus, clock, ring, tracing.attached);
    const machine = living();
    if (machine !== undefined) {
      kernel.jit.enabled = machine.kernel.sysctl.bpfJitEnable !== 0;
      if (kernel.living === undefined) {
        kernel.living = machine.livingTasks(machine.kernel);
        kernel.async.join(machine.bpfCallbacks);
      }
    }
    return kernel;
  }

  // Without a kernel that runs programs there are no files.
  const pin: PinObject = (path, object) => living()?.pinBpf(path, object) ?? -ENOENT;

  const syscall: BpfSyscall = facade({
    createMap: (attr) => createMap(open, attr),
    loadBtf: (bytes) => loadBtf(open, bytes),
    load: (attr) => load(open, pin, attr),
    mustLoad(attr) {
      const result = load(open, pin, attr);
      if (result.ok) return result.prog;
      throw makeBpfError(
        result.error === "" ? `bpf(BPF_PROG_LOAD): ${result.errnoName}` : result.error,
        result.errno,
        result,
      );
    },
    verify: (attr) => verifyOnly(open, attr),
    runUnverified: (attr) => runUnverifiedProgram(open, attr),
    btf: kernelBtf(assertOpen, open),
    runClassic: (filter, packet) => runClassic(open(), checkedFilter(filter), packet),
  } satisfies BpfSyscall);

  return {
    syscall,
    replay: (recording) => tracing.replay(recording, open(), ring),
    joinKernel(machine) {
      machine.bpf = () => bpfRows(kernel, tracing);
      machine.kernel.hooks.socketFilters = socketFiltersOf(open);
      machine.kernel.hooks.bpf = bpfDoor(open);
      tracing.listenTo(machine.kernel, open, machine);
      // What was started before goes off at its time, too.
      if (kernel !== undefined) open();
    },
    close() {
      kernel = undefined;
      tracing = new Tracing();
    },
  };
}
