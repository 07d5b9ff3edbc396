import type { Explored, InspectorQuery, KernelPart } from "#kernel-sim";
import type { InspectedMoment, SchedulesQuery } from "../protocol.ts";

// Taken before the realm is locked.
const HostWeakRef = globalThis.WeakRef;

type Machine = ReturnType<KernelPart["livingKernel"]>;

/** Cells whose machines are kept for who wants to look into them, and machines of one cell. */
const CELLS_KEPT = 8;
const MACHINES_KEPT = 4;

type Search = Explored["shown"];

/** What one cell has left to be looked at. */
interface Kept {
  readonly machines: readonly Machine[];
  readonly searches: readonly Search[];
}

const NOTHING: Kept = { machines: [], searches: [] };

/** The machines that cells have run, so that an inspector can look into them, and into their past. */
export class MachineShelf {
  #part: KernelPart | undefined;
  #known: { readonly machine: WeakRef<Machine>; steps: number }[] = [];
  /** What the race explorer has found since the last cell. */
  #searches: Search[] = [];
  readonly #ofCells = new Map<string, Kept>();

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
      explore: (...args: Parameters<KernelPart["explore"]>) => {
        const explored = part.explore(...args);
        this.#searches.push(explored.shown);
        return explored;
      },
    });
  }

  /**
   * A cell has run: the machines that have made steps since the last one are its own to look at, and so is what it has
   * explored. Answers how many searches those are.
   */
  keep(cell: string): number {
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
    const searches = this.#searches.slice(-MACHINES_KEPT);
    this.#searches = [];
    if (own.length === 0 && searches.length === 0) return 0;
    this.#ofCells.delete(cell);
    this.#ofCells.set(cell, { machines: own.slice(-MACHINES_KEPT), searches });
    for (const oldest of this.#ofCells.keys()) {
      if (this.#ofCells.size <= CELLS_KEPT) break;
      this.#ofCells.delete(oldest);
    }
    return searches.length;
  }

  /**
   * One moment of one of a cell's machines, or what one of its searches has found; undefined when there is neither. Behind
   * the machines of its own a cell has one for each schedule that its searches show: the schedule's replay.
   */
  inspect(
    cell: string,
    index: number,
    query: InspectorQuery,
    schedules?: SchedulesQuery,
  ): InspectedMoment | undefined {
    const { machines, searches } = this.#ofCells.get(cell) ?? NOTHING;
    const facts = { machines: machines.length, searches: searches.length };
    const isOfSearch =
      schedules !== undefined || (machines.length === 0 && query.event === undefined);
    const search = searches[schedules?.search ?? 0];
    if (isOfSearch && search !== undefined) {
      const at = searches.indexOf(search);
      const before = searches.slice(0, at).reduce((sum, one) => sum + one.ends, machines.length);
      const view = search.view(schedules?.end);
      return {
        ...facts,
        moment: null,
        schedules: { ...view, search: at, machine: before + view.end },
      };
    }
    const machine = machines[index] ?? replayOf(searches, index - machines.length);
    if (machine === undefined || this.#part === undefined) return undefined;
    return { ...facts, moment: this.#part.inspect(machine, query), schedules: null };
  }
}

function replayOf(searches: readonly Search[], index: number): Machine | undefined {
  let at = index;
  for (const search of searches) {
    if (at < search.ends) return search.machine(at);
    at -= search.ends;
  }
  return undefined;
}
