import { type CurrentTask, INIT_TASK, type LivingTasks, type MemoryArea } from "../current-task.ts";
import type { BpfObjects } from "../objects.ts";
import { KEPT_IN_MEMORY } from "./kept-in-memory.ts";
import type { KernelStructs, StructsHost } from "./kernel-structs.ts";
import { mapStructs } from "./map-structs.ts";
import type { StructAt, StructTable, StructTables } from "./members.ts";
import { ownStructs } from "./own-structs.ts";
import { PlainTask, PlainTasks, plainTaskStruct } from "./plain-task.ts";

/** The idle task of the first CPU, which the machine has booted with. @linux init/init_task.c `init_task` (6.18) */
const BOOT_COMM = "swapper/0";

interface TasksHost {
  readonly living: LivingTasks | undefined;
  readonly structs: KernelStructs;
  readonly objects: BpfObjects;
  findTask(pid: number): CurrentTask | undefined;
}

/** What callers have told of the memory of tasks, where no kernel runs any. */
const memoryArea: StructTable<MemoryArea> = {
  vm_start: ({ start }) => start,
  vm_end: ({ end }) => end,
  vm_flags: ({ flags }) => flags >>> 0,
  vm_pgoff: ({ pgoff }) => pgoff,
};
const PLAIN_TABLES: StructTables = { vm_area_struct: memoryArea };

/** Tasks as structures: what BPF itself keeps of them, and what a living kernel tells. */
export class ShownTasks implements StructsHost {
  readonly #host: TasksHost;
  readonly #plain = new PlainTasks();
  /** Of every task. */
  readonly #shared: StructTable<object>;
  readonly #plainTable: StructTable;
  /** What BPF itself keeps. */
  readonly #own: StructTables;
  #livingTable: StructTable | undefined;

  /** @param cgroups the address of the set of groups that every task is in */
  constructor(host: TasksHost, cgroups: () => number) {
    this.#host = host;
    this.#own = { ...ownStructs, ...mapStructs(() => host.objects) };
    this.#shared = {
      usage: (of) => 1 + host.structs.holders(of),
      cgroups: () => cgroups(),
    };
    this.#plainTable = { ...plainTaskStruct, ...this.#shared };
  }

  tableOf(struct: string, of: object): StructTable | undefined {
    if (of instanceof PlainTask) return struct === "task_struct" ? this.#plainTable : undefined;
    const told = this.#host.living?.tables[struct] ?? PLAIN_TABLES[struct];
    const table = this.#own[struct] ?? told;
    if (struct !== "task_struct" || table === undefined) return table;
    this.#livingTable ??= { ...table, ...this.#shared };
    return this.#livingTable;
  }

  /** Whether it is kept, of an object of this machine. */
  isKept(struct: string, member: string): boolean {
    const { living } = this.#host;
    const plain = struct === "task_struct" ? this.#plainTable : PLAIN_TABLES[struct];
    const table = this.#own[struct] ?? living?.tables[struct] ?? plain;
    if (table !== undefined && Object.hasOwn(table, member)) return true;
    if (struct === "task_struct" && Object.hasOwn(this.#shared, member)) return true;
    const inMemory: Readonly<Record<string, readonly string[]>> = KEPT_IN_MEMORY;
    return inMemory[struct]?.includes(member) === true;
  }

  roots(): Iterable<StructAt> {
    return this.#host.living?.roots() ?? [];
  }

  /** The address of a task, as a number with a sign. */
  addressOf(task: CurrentTask): number {
    return this.#host.structs.addressOf("task_struct", this.objectOf(task));
  }

  objectOf(task: CurrentTask): object {
    if (task.identity !== undefined || task instanceof PlainTask) return task.identity ?? task;
    return this.#known(task)?.identity ?? this.#plain.of(task);
  }

  /** Of the machine itself, told without saying who it is. */
  #known(task: CurrentTask): CurrentTask | undefined {
    const { living } = this.#host;
    if (task === INIT_TASK) return living?.find(INIT_TASK.pid);
    return task.pid === 0 && task.comm === BOOT_COMM ? living?.bootTask() : undefined;
  }

  /** The object that a pointer to a task leads to. */
  objectAt(low: number): object | undefined {
    return this.#host.structs.objectAt(low, "task_struct");
  }

  /** The task behind a pointer. */
  at(low: number): CurrentTask | undefined {
    const of = this.objectAt(low);
    if (!(of instanceof PlainTask)) return of && this.#host.living?.taskOf(of);
    return this.#host.findTask(of.pid) ?? of;
  }

  /** Whether somebody can still take hold of it. @linux kernel/bpf/helpers.c `bpf_task_acquire` (6.18) */
  isThere(of: object): boolean {
    const { living, structs } = this.#host;
    if (of instanceof PlainTask || structs.holders(of) > 0) return true;
    const task = living?.taskOf(of);
    return task !== undefined && living?.find(task.pid)?.identity === of;
  }
}
