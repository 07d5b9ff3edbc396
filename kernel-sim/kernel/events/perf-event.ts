import type { PerfHook, PerfProgram, PerfTarget, PerfValue } from "../../bpf/perf-target.ts";
import { fput } from "../../fs/file-table.ts";
import type { File } from "../../fs/fs.ts";
import { EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { Task } from "../task.ts";
import { HrTimer } from "../time/hrtimer.ts";
import {
  ATTR_EXCLUDE_KERNEL,
  ATTR_EXCLUDE_USER,
  ATTR_FREQ,
  ATTR_INHERIT,
  type PerfAttr,
} from "./attr.ts";
import type { PerfContexts } from "./contexts.ts";

/** What an event counts. */
export type PerfCounter =
  | "clock"
  | "faults"
  | "minor"
  | "major"
  | "switches"
  | "migrations"
  /** Each time that something happens somewhere in the kernel. */
  | "hits"
  | "nothing";

export interface PerfSource {
  readonly counter: PerfCounter;
  readonly hook?: PerfHook;
  readonly isBpfOutput?: boolean;
}

/** A clock does not ring more often. @linux kernel/events/core.c `perf_swevent_start_hrtimer` (6.18) */
const CLOCK_PERIOD_NS_MIN = 10_000;
const NSEC_PER_SEC = 1e9;

/**
 * An event that is counted for a task or a CPU.
 *
 * @linux include/linux/perf_event.h `struct perf_event` (6.18)
 */
export class PerfEvent implements PerfTarget {
  readonly contexts: PerfContexts;
  readonly attr: PerfAttr;
  readonly source: PerfSource;
  readonly task: Task | undefined;
  /** -1: wherever its task runs. */
  readonly cpu: number;
  /** The one that a parent's program has opened. */
  readonly parent: PerfEvent | undefined;
  readonly id: number;
  leader: PerfEvent = this;
  /** Those that count only while it does. */
  readonly siblings: PerfEvent[] = [];
  /** Those that children of its task have inherited. */
  readonly children = new Set<PerfEvent>();
  file: File | undefined;
  program: PerfProgram | undefined;
  /** Counted by children that have ended, for as many ns. */
  readonly ended = { counter: 0, enabled: 0, running: 0 };
  /** How many overflows are left before it stops; 0: no limit. */
  limit = 0;
  oncpu = -1;
  /** Its task runs, wherever; or it is a CPU's. */
  #isScheduled = false;
  #isOn = false;
  #count = 0;
  #enabledNs = 0;
  #runningNs = 0;
  #since = 0;
  #base = 0;
  #period: number;
  /** How much is left up to the next overflow. */
  #left: number;
  readonly #timer: HrTimer;

  constructor(
    contexts: PerfContexts,
    attr: PerfAttr,
    source: PerfSource,
    place: { readonly task: Task | undefined; readonly cpu: number; readonly parent?: PerfEvent },
  ) {
    this.contexts = contexts;
    this.attr = attr;
    this.source = source;
    this.task = place.task;
    this.cpu = place.cpu;
    this.parent = place.parent;
    this.id = contexts.nextId();
    this.#period = firstPeriod(attr, source);
    this.#left = this.#period;
    this.#timer = new HrTimer(contexts.kernel, () => this.#rings());
  }

  get hook(): PerfHook | undefined {
    return this.source.hook;
  }

  get type(): number {
    return this.attr.type;
  }

  get config(): number {
    return this.attr.config;
  }

  get isBpfOutput(): boolean {
    return this.source.isBpfOutput === true;
  }

  get isSampling(): boolean {
    return this.attr.samplePeriod !== 0;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** In a group nobody counts without the first. @linux kernel/events/core.c `__perf_effective_state` (6.18) */
  get #isEffective(): boolean {
    return this.#isOn && this.leader.#isOn;
  }

  hold(): void {
    if (this.file !== undefined) this.file.count++;
  }

  release(): void {
    if (this.file !== undefined) fput(this.file);
  }

  /** Its task begins to run on a CPU, or it was made for this one. */
  schedIn(cpu: number): void {
    this.#isScheduled = true;
    this.#start(cpu);
  }

  schedOut(): void {
    this.update();
    this.#stop();
    this.#isScheduled = false;
  }

  /** @linux kernel/events/core.c `perf_event_enable` (6.18) */
  enable(): void {
    this.#each(() => {
      this.#isOn = true;
    });
  }

  disable(): void {
    this.#each(() => {
      this.#isOn = false;
    });
  }

  /** Changes whether it counts, and so whether those of its group do. */
  #each(change: () => void): void {
    const group = [this as PerfEvent, ...this.siblings];
    const cpu = this.contexts.cpuOf(this);
    for (const event of group) {
      event.update();
      event.#stop();
    }
    change();
    for (const event of group) if (event.#isScheduled) event.#start(cpu);
  }

  /** Those that it has led lead themselves from now on. @linux kernel/events/core.c `perf_group_detach` (6.18) */
  leaveGroup(): void {
    const cpu = this.contexts.cpuOf(this);
    for (const sibling of this.siblings.splice(0)) {
      sibling.update();
      sibling.#stop();
      sibling.leader = sibling;
      if (sibling.#isScheduled) sibling.#start(cpu);
    }
    const { siblings } = this.leader;
    if (siblings.includes(this)) siblings.splice(siblings.indexOf(this), 1);
  }

  #start(cpu: number): void {
    if (!this.#isEffective) return;
    this.#since = this.contexts.time(cpu);
    if (this.cpu !== -1 && this.cpu !== cpu) return;
    this.oncpu = cpu;
    this.#base = this.contexts.read(this.source.counter, cpu);
    if (this.source.counter === "clock" && this.#period > 0) {
      this.#timer.start(this.#since + Math.max(this.#left, 0), cpu);
    }
  }

  #stop(): void {
    this.oncpu = -1;
    if (!this.#timer.isActive) return;
    this.#left = this.#timer.expires - this.contexts.kernel.now();
    this.#timer.cancel();
  }

  /** Takes over what has been counted up to now. */
  update(): void {
    if (!this.#isScheduled || !this.#isEffective) return;
    const { contexts, oncpu, source } = this;
    const now = contexts.time(oncpu >= 0 ? oncpu : contexts.cpuOf(this));
    const ns = now - this.#since;
    this.#enabledNs += ns;
    this.#since = now;
    if (oncpu < 0) return;
    this.#runningNs += ns;
    if (source.counter === "hits") return;
    const reading = contexts.read(source.counter, oncpu);
    const more = reading - this.#base;
    this.#base = reading;
    if (source.counter === "clock") this.#count += more;
    else if (more > 0 && !this.#isExcluded()) this.#counted(more);
  }

  /** Once more of what it counts. */
  hit(cpu: number): void {
    if (this.oncpu === cpu && !this.#isExcluded()) this.#counted(1);
  }

  /** Faults happen in programs, all else in the kernel. @linux kernel/events/core.c `perf_exclude_event` (6.18) */
  #isExcluded(): boolean {
    const isUsers = ["faults", "minor", "major"].includes(this.source.counter);
    return (this.attr.flags & (isUsers ? ATTR_EXCLUDE_USER : ATTR_EXCLUDE_KERNEL)) !== 0;
  }

  #counted(more: number): void {
    this.#count += more;
    if (this.#period === 0) return;
    this.#left -= more;
    while (this.#left <= 0) {
      this.#left += this.#period;
      this.#overflow();
    }
  }

  #rings(): void {
    const { expires } = this.#timer;
    this.#timer.start(expires + this.#period, this.oncpu);
    this.#overflow();
  }

  /** @linux kernel/events/core.c `__perf_event_overflow` (6.18) */
  #overflow(): void {
    if (this.program !== undefined) {
      this.contexts.kernel.hooks.perfPlaces?.overflow(this, this.#period);
    }
    if (this.limit === 0) return;
    this.limit--;
    if (this.limit === 0) this.disable();
  }

  setPeriod(period: number): void {
    this.update();
    const cpu = this.oncpu;
    if (cpu >= 0) this.#stop();
    this.#period = firstPeriod({ ...this.attr, samplePeriod: period }, this.source);
    this.#left = this.#period;
    if (cpu >= 0) this.#start(cpu);
  }

  reset(): void {
    this.update();
    this.#count = 0;
  }

  /** Of its own alone. */
  own(): PerfValue {
    this.update();
    return { counter: this.#count, enabled: this.#enabledNs, running: this.#runningNs };
  }

  /** With what its children have counted. @linux kernel/events/core.c `perf_event_read_value` (6.18) */
  total(): PerfValue {
    const sum = { ...this.ended };
    for (const event of [this as PerfEvent, ...this.children]) addTo(sum, event.own());
    return sum;
  }

  /** A child's task has ended. @linux kernel/events/core.c `sync_child_event` (6.18) */
  childEnded(child: PerfEvent): void {
    addTo(this.ended, child.own());
    this.children.delete(child);
  }

  /** @linux kernel/events/core.c `perf_event_read_local` (6.18) */
  readLocal(task: object | undefined, cpu: number): PerfValue | number {
    if ((this.attr.flags & ATTR_INHERIT) !== 0) return -EOPNOTSUPP;
    const isHere = this.task === undefined ? this.cpu === cpu : this.task === task;
    return isHere ? this.own() : -EINVAL;
  }
}

/** Undefined: it is a file of something else. */
export function perfOfFile(file: File | undefined): PerfEvent | undefined {
  return file?.privateData instanceof PerfEvent ? file.privateData : undefined;
}

function addTo(sum: { counter: number; enabled: number; running: number }, more: PerfValue): void {
  sum.counter += more.counter;
  sum.enabled += more.enabled;
  sum.running += more.running;
}

/** @linux kernel/events/core.c `perf_swevent_init_hrtimer`, `perf_swevent_set_period` (6.18) */
function firstPeriod({ flags, samplePeriod }: PerfAttr, { counter }: PerfSource): number {
  if (samplePeriod === 0) return 0;
  const isFrequency = (flags & ATTR_FREQ) !== 0;
  if (counter !== "clock") return isFrequency ? 1 : samplePeriod;
  const ns = isFrequency ? Math.floor(NSEC_PER_SEC / samplePeriod) : samplePeriod;
  return Math.max(ns, CLOCK_PERIOD_NS_MIN);
}
