import type { InspectorQuery, KernelPart } from "#kernel-sim";
import type { InspectedMoment } from "../protocol.ts";

// Taken before the realm is locked.
const HostWeakRef = globalThis.WeakRef;

type Machine = ReturnType<KernelPart["livingKernel"]>;

/** Cells whose machines are kept for who wants to look into them, and machines of one cell. */
const CELLS_KEPT = 8;
const MACHINES_KEPT = 4;

/** The machines that cells have run, so that an inspector can look into them, and into their past. */
export class MachineShelf {
  #part: KernelPart | undefined;
  #known: { readonly machine: WeakRef<Machine>; steps: number }[] = [];
  readonly #ofCells = new Map<string, readonly Machine[]>();

  /** From now on the machines that `part` makes are known. */
  watch(part: KernelPart): KernelPart {
    this.#part = part;
    return Object.freeze({
      ...part,
      livingKernel: (...args: Parameters<KernelPart["livingKernel"]>) => {
        const machine = part.livingKernel(...args);
        this.#known.push({ machine: new HostWeakRef(machine), steps: 0 });
        return machine;
      },
    });
  }

  /** A cell has run: the machines that have made steps since the last one are its own to look at. */
  keep(cell: string): void {
    const own: Machine[] = [];
    this.#known = this.#known.filter((each) => {
      const machine = each.machine.deref();
      if (machine === undefined) return false;
      const { steps } = machine.kernel;
      if (steps !== each.steps) own.push(machine);
      each.steps = steps;
      return true;
    });
    // What a prediction works out in a cell's name takes none away.
    if (own.length === 0) return;
    this.#ofCells.delete(cell);
    this.#ofCells.set(cell, own.slice(-MACHINES_KEPT));
    for (const oldest of this.#ofCells.keys()) {
      if (this.#ofCells.size <= CELLS_KEPT) break;
      this.#ofCells.delete(oldest);
    }
  }

  /** One moment of one of a cell's machines; undefined when there is none. */
  inspect(cell: string, index: number, query: InspectorQuery): InspectedMoment | undefined {
    const machines = this.#ofCells.get(cell) ?? [];
    const machine = machines[index];
    if (machine === undefined || this.#part === undefined) return undefined;
    return { machines: machines.length, moment: this.#part.inspect(machine, query) };
  }
}
