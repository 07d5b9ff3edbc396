import type { MapMembers } from "./map.ts";

/** The most that one CPU takes from the common list at once, and looks at while it does. */
const LOCAL_FREE_TARGET = 128;
/** The same where each CPU has a list of its own. */
const PERCPU_FREE_TARGET = 4;

/** From the node in an element of a hash to the hash of its key. */
const LRU_NODE_BYTES = 24;

const ACTIVE = 0;
const INACTIVE = 1;
const FREE = 2;
const LOCAL_FREE = 3;
const LOCAL_PENDING = 4;

/** Numbers of nodes in rings: each list is a node of its own, before its first and behind its last. */
class Rings {
  readonly #next: Int32Array;
  readonly #prev: Int32Array;

  constructor(size: number) {
    this.#next = new Int32Array(size);
    for (let node = 0; node < size; node++) this.#next[node] = node;
    this.#prev = this.#next.slice();
  }

  next(node: number): number {
    return this.#next[node]!;
  }

  prev(node: number): number {
    return this.#prev[node]!;
  }

  isEmpty(list: number): boolean {
    return this.#next[list] === list;
  }

  /** Takes a node out of its ring, and puts it in front of all others of `list`. */
  move(node: number, list: number): void {
    this.remove(node);
    const first = this.#next[list]!;
    this.#next[node] = first;
    this.#prev[node] = list;
    this.#prev[first] = node;
    this.#next[list] = node;
  }

  remove(node: number): void {
    this.#next[this.#prev[node]!] = this.#next[node]!;
    this.#prev[this.#next[node]!] = this.#prev[node]!;
    this.#next[node] = node;
    this.#prev[node] = node;
  }
}

/** `struct bpf_lru_list`: its three lists, and where the inactive one is looked at next. */
interface LruList {
  /** Nodes of the rings, by type. */
  readonly heads: readonly [active: number, inactive: number, free: number];
  readonly counts: [active: number, inactive: number];
  nextInactiveRotation: number;
}

/** `struct bpf_lru_locallist` of one CPU. */
interface LocalList {
  readonly free: number;
  readonly pending: number;
  nextSteal: number;
}

export interface LruOptions {
  readonly elements: number;
  readonly cpus: number;
  /** BPF_F_NO_COMMON_LRU: no CPU takes what another has. */
  readonly isPercpu: boolean;
  /** Takes what a node stands for out of the map, to be used again. */
  readonly deleteFromMap: (node: number) => void;
}

/**
 * Which element an LRU map gives up next. A CPU takes free elements from the common list in batches and keeps its
 * newest ones to itself, so what goes is not exactly what was used longest ago.
 *
 * @linux kernel/bpf/bpf_lru_list.c (6.18)
 */
export class LruLists {
  readonly #rings: Rings;
  readonly #lists: readonly LruList[];
  readonly #local: readonly LocalList[];
  readonly #type: Uint8Array;
  readonly #isRef: Uint8Array;
  readonly #cpu: Uint16Array;
  readonly #targetFree: number;
  readonly #scans: number;
  readonly #deleteFromMap: (node: number) => void;
  readonly #isPercpu: boolean;

  constructor({ elements, cpus, isPercpu, deleteFromMap }: LruOptions) {
    this.#isPercpu = isPercpu;
    this.#deleteFromMap = deleteFromMap;
    const share = Math.floor(Math.floor(elements / cpus) / 2);
    this.#targetFree = isPercpu
      ? PERCPU_FREE_TARGET
      : Math.min(Math.max(share, 1), LOCAL_FREE_TARGET);
    this.#scans = isPercpu ? PERCPU_FREE_TARGET : LOCAL_FREE_TARGET;
    this.#type = new Uint8Array(elements).fill(FREE);
    this.#isRef = new Uint8Array(elements);
    this.#cpu = new Uint16Array(elements);
    const lists = isPercpu ? cpus : 1;
    this.#rings = new Rings(elements + lists * 3 + cpus * 2);
    this.#lists = Array.from({ length: lists }, (_, n) => {
      const first = elements + n * 3;
      const heads = [first, first + 1, first + 2] as const;
      return { heads, counts: [0, 0], nextInactiveRotation: heads[INACTIVE] };
    });
    this.#local = Array.from({ length: cpus }, (_, cpu) => {
      const free = elements + lists * 3 + cpu * 2;
      return { free, pending: free + 1, nextSteal: cpu };
    });
    this.#populate(elements, cpus);
  }

  /** @linux kernel/bpf/bpf_lru_list.h `struct bpf_lru` (6.18) */
  get members(): MapMembers {
    const target = this.#isPercpu ? {} : { target_free: this.#targetFree };
    return {
      ...target,
      hash_offset: LRU_NODE_BYTES,
      nr_scans: this.#scans,
      percpu: Number(this.#isPercpu),
    };
  }

  /** @linux kernel/bpf/bpf_lru_list.c `bpf_common_lru_populate`, `bpf_percpu_lru_populate` (6.18) */
  #populate(elements: number, cpus: number): void {
    const each = this.#isPercpu ? Math.floor(elements / cpus) : elements;
    for (let node = 0; node < elements; node++) {
      const owner = this.#isPercpu ? Math.min(Math.floor(node / Math.max(each, 1)), cpus - 1) : 0;
      this.#cpu[node] = owner;
      this.#rings.move(node, this.#lists[owner]!.heads[FREE]);
    }
  }

  /** A node is used: it is spared once. */
  setRef(node: number): void {
    this.#isRef[node] = 1;
  }

  /** A node for a new element; undefined: none. @linux kernel/bpf/bpf_lru_list.c `bpf_lru_pop_free` (6.18) */
  popFree(cpu: number): number | undefined {
    return this.#isPercpu ? this.#percpuPop(cpu) : this.#commonPop(cpu);
  }

  /** @linux kernel/bpf/bpf_lru_list.c `bpf_percpu_lru_pop_free` (6.18) */
  #percpuPop(cpu: number): number | undefined {
    const list = this.#lists[cpu]!;
    const free = list.heads[FREE];
    this.#rotate(list);
    if (this.#rings.isEmpty(free)) this.#shrink(list, PERCPU_FREE_TARGET, free, FREE);
    if (this.#rings.isEmpty(free)) return undefined;
    const node = this.#rings.next(free);
    this.#isRef[node] = 0;
    this.#move(list, node, INACTIVE);
    return node;
  }

  /** @linux kernel/bpf/bpf_lru_list.c `bpf_common_lru_pop_free` (6.18) */
  #commonPop(cpu: number): number | undefined {
    const local = this.#local[cpu]!;
    if (this.#rings.isEmpty(local.free)) this.#refill(local);
    let node = this.#popLocal(local);
    if (node === undefined) {
      let steal = local.nextSteal;
      do {
        const other = this.#local[steal]!;
        node = this.#popLocal(other) ?? this.#popPending(other);
        steal = (steal + 1) % this.#local.length;
      } while (node === undefined && steal !== local.nextSteal);
      local.nextSteal = steal;
    }
    if (node === undefined) return undefined;
    this.#cpu[node] = cpu;
    this.#type[node] = LOCAL_PENDING;
    this.#isRef[node] = 0;
    this.#rings.move(node, local.pending);
    return node;
  }

  #popLocal({ free }: LocalList): number | undefined {
    if (this.#rings.isEmpty(free)) return undefined;
    const node = this.#rings.next(free);
    this.#rings.remove(node);
    return node;
  }

  /** The oldest that nobody has used; if all were used, the oldest. */
  #popPending({ pending }: LocalList): number | undefined {
    if (this.#rings.isEmpty(pending)) return undefined;
    const nodes = [...this.#backwards(pending)];
    const node = nodes.find((one) => this.#isRef[one] === 0) ?? nodes[0]!;
    this.#deleteFromMap(node);
    this.#rings.remove(node);
    return node;
  }

  /** @linux kernel/bpf/bpf_lru_list.c `bpf_lru_list_pop_free_to_local` (6.18) */
  #refill(local: LocalList): void {
    const [list] = this.#lists as [LruList];
    for (const node of [...this.#backwards(local.pending)]) {
      this.#move(list, node, this.#isRef[node] === 1 ? ACTIVE : INACTIVE);
    }
    this.#rotate(list);
    let found = 0;
    while (found < this.#targetFree && !this.#rings.isEmpty(list.heads[FREE])) {
      this.#moveToFree(list, this.#rings.next(list.heads[FREE]), local.free, LOCAL_FREE);
      found++;
    }
    if (found < this.#targetFree) {
      this.#shrink(list, this.#targetFree - found, local.free, LOCAL_FREE);
    }
  }

  /** @linux kernel/bpf/bpf_lru_list.c `__bpf_lru_list_rotate` (6.18) */
  #rotate(list: LruList): void {
    if (list.counts[INACTIVE] < list.counts[ACTIVE]) this.#rotateActive(list);
    this.#rotateInactive(list);
  }

  /** The oldest of the active ones that were not used again become inactive. */
  #rotateActive(list: LruList): void {
    const head = list.heads[ACTIVE];
    const first = this.#rings.next(head);
    let scans = 0;
    for (let node = this.#rings.prev(head); node !== head; ) {
      const before = this.#rings.prev(node);
      this.#move(list, node, this.#isRef[node] === 1 ? ACTIVE : INACTIVE);
      if (++scans === this.#scans || node === first) return;
      node = before;
    }
  }

  /** Inactive ones that were used become active; it goes on where it stopped the last time. */
  #rotateInactive(list: LruList): void {
    const head = list.heads[INACTIVE];
    if (this.#rings.isEmpty(head)) return;
    let last = this.#rings.next(list.nextInactiveRotation);
    if (last === head) last = this.#rings.next(last);
    let at = list.nextInactiveRotation;
    let next = at;
    for (let scans = 0; scans < this.#scans; ) {
      if (at === head) {
        at = this.#rings.prev(at);
        continue;
      }
      next = this.#rings.prev(at);
      const isLast = at === last;
      if (this.#isRef[at] === 1) this.#move(list, at, ACTIVE);
      if (isLast) break;
      at = next;
      scans++;
    }
    list.nextInactiveRotation = next;
  }

  /** @linux kernel/bpf/bpf_lru_list.c `__bpf_lru_list_shrink` (6.18) */
  #shrink(list: LruList, wanted: number, free: number, type: number): void {
    const inactive = list.heads[INACTIVE];
    let found = 0;
    let scans = 0;
    for (let node = this.#rings.prev(inactive); node !== inactive; ) {
      const before = this.#rings.prev(node);
      if (this.#isRef[node] === 1) this.#move(list, node, ACTIVE);
      else {
        this.#deleteFromMap(node);
        this.#moveToFree(list, node, free, type);
        if (++found === wanted) break;
      }
      if (++scans === this.#scans) break;
      node = before;
    }
    if (found > 0) return;
    // All were used: the oldest goes nevertheless.
    const from = this.#rings.isEmpty(inactive) ? list.heads[ACTIVE] : inactive;
    if (this.#rings.isEmpty(from)) return;
    const oldest = this.#rings.prev(from);
    this.#deleteFromMap(oldest);
    this.#moveToFree(list, oldest, free, type);
  }

  /** The map has deleted an element. @linux kernel/bpf/bpf_lru_list.c `bpf_lru_push_free` (6.18) */
  pushFree(node: number): void {
    const type = this.#type[node]!;
    if (type === LOCAL_PENDING) {
      this.#type[node] = LOCAL_FREE;
      this.#isRef[node] = 0;
      this.#rings.move(node, this.#local[this.#cpu[node]!]!.free);
      return;
    }
    const list = this.#lists[this.#isPercpu ? this.#cpu[node]! : 0]!;
    this.#moveToFree(list, node, list.heads[FREE], FREE);
  }

  /** To the front of a list of the same `list`, or from a CPU's own into it. */
  #move(list: LruList, node: number, type: typeof ACTIVE | typeof INACTIVE): void {
    this.#leave(list, node);
    list.counts[type]++;
    this.#type[node] = type;
    this.#isRef[node] = 0;
    this.#rings.move(node, list.heads[type]);
  }

  #moveToFree(list: LruList, node: number, free: number, type: number): void {
    this.#leave(list, node);
    this.#type[node] = type;
    this.#isRef[node] = 0;
    this.#rings.move(node, free);
  }

  #leave(list: LruList, node: number): void {
    const type = this.#type[node]!;
    if (type === ACTIVE || type === INACTIVE) list.counts[type]--;
    if (node === list.nextInactiveRotation) {
      list.nextInactiveRotation = this.#rings.prev(node);
    }
  }

  *#backwards(list: number): Generator<number> {
    for (let node = this.#rings.prev(list); node !== list; node = this.#rings.prev(node))
      yield node;
  }
}
