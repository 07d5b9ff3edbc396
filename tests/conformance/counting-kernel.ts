import { callingHelpers, helperBodies } from "../../kernel-sim/bpf/helpers/index.ts";
import { BpfCpu } from "../../kernel-sim/bpf/interpreter.ts";
import { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import type { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";

const CPUS = 2;
const TAIL_CALL = 12;

/** A kernel that notes which helpers and functions programs have called, by their place in the interpreter's table. */
export class CountingKernel extends BpfKernel {
  readonly called = new Set<number>();
  readonly #counted: (BpfCpu<BpfKernel> | undefined)[] = [];

  constructor() {
    super(1, CPUS, new Clock(), new TraceRing());
  }

  override cpu(number: number): BpfCpu<BpfKernel> {
    const known = this.#counted[number];
    if (known !== undefined) return known;
    const bodies = helperBodies.map(
      (body, id) =>
        body &&
        ((vm: BpfCpu<BpfKernel>) => {
          this.called.add(id);
          return body(vm);
        }),
    );
    const callers = callingHelpers.map(
      (begin, id) =>
        begin &&
        ((vm: BpfCpu<BpfKernel>, cell: number) => {
          this.called.add(id);
          return begin(vm, cell);
        }),
    );
    const cpu = new BpfCpu<BpfKernel>(
      this,
      number,
      this.memory,
      this.stackOf(number),
      bodies,
      callers,
    );
    this.#counted[number] = cpu;
    return cpu;
  }

  override tailCallProgram(map: number, index: number): LoadedProgram | undefined {
    const target = super.tailCallProgram(map, index);
    if (target !== undefined) this.called.add(TAIL_CALL);
    return target;
  }
}
