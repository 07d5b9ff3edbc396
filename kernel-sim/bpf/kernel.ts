import type { Clock } from "../hw/clock.ts";
import { Random } from "../hw/random.ts";
import { EBADF, EINVAL } from "../include/errno.ts";
import { TcpCongestionControls } from "../net/ipv4/tcp-cong.ts";
import { AttachedPrograms } from "../trace/attached.ts";
import type { TraceRing } from "../trace/ring.ts";
import { AsyncCallbacks, type LaterFunction } from "./async.ts";
import { Btf } from "./btf/btf.ts";
import type { KeptCandidates } from "./btf/core-candidates.ts";
import type { BtfRecord } from "./btf/record.ts";
import { ALL_BPF_CAPS, type BpfCap, type BpfCaps, bpfCapable } from "./capability.ts";
import { type CurrentTask, INIT_TASK, type LivingTasks } from "./current-task.ts";
import { BpfFiles } from "./files.ts";
import { freeFields } from "./free-fields.ts";
import { callingHelpers, helperBodies } from "./helpers/index.ts";
import { BpfCpu, CPU_STACK_BYTES } from "./interpreter.ts";
import type { IterFile } from "./iter-file.ts";
import { Jit } from "./jit/jit.ts";
import { Kallsyms } from "./kallsyms.ts";
import { rootCssSet } from "./kfuncs/cgroup.ts";
import { ProgramObjects } from "./kfuncs/objects.ts";
import { Printers } from "./kfuncs/printers.ts";
import type { ProgramWalk } from "./kfuncs/task-iterators.ts";
import { BpfKsyms } from "./ksyms.ts";
import type { KernelLink } from "./link/link.ts";
import { BpfLocalStorageMap } from "./maps/bpf-local-storage.ts";
import type { ProgArrayMap } from "./maps/fd-array.ts";
import { KernelMap } from "./maps/map.ts";
import type { MapHost } from "./maps/map-host.ts";
import { mapStructOf } from "./maps/map-struct.ts";
import { BpfMemory } from "./memory.ts";
import { BpfObjects, StatsUser } from "./objects.ts";
import type { PerfTarget } from "./perf-target.ts";
import { LoadedProgram } from "./program.ts";
import { SharedPages } from "./shared-pages.ts";
import type { PacketPlace } from "./skb-load.ts";
import { KernelStructs } from "./structs/kernel-structs.ts";
import { ShownTasks } from "./structs/shown-tasks.ts";
import { bpfCalls } from "./sys/bpf-calls.ts";
import type { BpfCaller, DescriptorTable, StorageOwnerKind } from "./sys/caller.ts";
import { reportArenaViolation, reportMayGotoViolation } from "./violations.ts";

/** What a descriptor of bpf(2) may stand for. */
export type BpfObject = KernelMap | LoadedProgram | Btf | StatsUser | KernelLink;

/**
 * All that BPF is on one machine: its memory, its objects, the CPUs that run programs. Made when
 * the machine first uses BPF.
 */
export class BpfKernel implements MapHost {
  readonly cpus: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: TraceRing;
  readonly attached: AttachedPrograms;
  readonly memory = new BpfMemory();
  /** The program that runs, and on which CPU. */
  running: LoadedProgram | undefined;
  runningCpu = 0;
  /** Locks that programs hold and that know when they would wait for themselves. */
  readonly heldLocks: number[] = [];
  readonly congestion = new TcpCongestionControls();
  readonly sharedPages = new SharedPages(this.memory);
  /** What programs have allocated of their own types. */
  readonly programObjects = new ProgramObjects(this.memory, (record, at) =>
    this.freeFields(record, at),
  );
  /** Of the kernel's types, for loads that relocate. */
  readonly coreCandidates: KeptCandidates = { cache: undefined };
  readonly jit = new Jit(this);
  /** By descriptor: what bpf(2) made and has not closed. */
  readonly ownFiles = new BpfFiles((object) => this.objects.release(object));
  /** The same, or in a call of bpf(2) the descriptors of the task that makes it. */
  files: DescriptorTable = this.ownFiles;
  /** By their numbers. */
  readonly objects = new BpfObjects((object) => this.#end(object));
  #statsUsers = 0;
  /** The task that makes the present system call. */
  caller: BpfCaller | undefined;
  /** Its user. */
  callerUid = 0;
  /** By number; the first one has number 1. */
  readonly #maps: (KernelMap | undefined)[] = [];
  /** The packet of the running program. */
  packet: PacketPlace = NO_PACKET;
  current: CurrentTask = INIT_TASK;
  readonly tasks: ShownTasks = new ShownTasks(this, () =>
    rootCssSet({ machine: this, memory: this.memory }),
  );
  /** The kernel's own structures, as programs read them. */
  readonly structs: KernelStructs = new KernelStructs(this.tasks);
  /** Where they have been shown the set of groups that every task is in; 0: they have not. */
  rootCssSet = 0;
  /** Where they have been shown the caches of the kernel's heap; 0: they have not. */
  kmemCaches = 0;
  /** The tasks, and the first tasks of processes, that have a keyring of their own. */
  readonly threadKeyrings = new WeakSet<object>();
  readonly processKeyrings = new WeakSet<object>();
  readonly printers = new Printers();
  /** The names of programs, and of all functions of the kernel. */
  readonly ksyms = new BpfKsyms();
  readonly kallsyms = new Kallsyms(this.ksyms);
  /** By the address of the iterator: the walks that programs are in. */
  readonly walks = new Map<number, ProgramWalk>();
  /** By number: where they have been shown the registers of tasks. */
  readonly taskRegs = new Map<number, number>();
  /** By CPU: which one was picked last out of a set, when any would do. */
  readonly lastCpuInTurn = new Map<number, number>();
  /** The number that the running program was attached with. */
  attachCookie = 0;
  /** The address of the function at which it runs, and whether it can see what the function has answered. */
  funcIp = 0;
  seesAnswer = false;
  /** The event of perf that runs the present program. */
  perfEvent: PerfTarget | undefined;
  /** What an iterator's program prints to, while it runs. */
  iterFile: IterFile | undefined;
  /** The tasks of the machine, once it runs any. */
  living: LivingTasks | undefined;
  /** Of the task that makes system calls. */
  caps: BpfCaps = ALL_BPF_CAPS;
  /** `kernel.unprivileged_bpf_disabled`: with 0, tasks without capabilities may use some of BPF. */
  unprivilegedBpfDisabled = 2;
  /** Keys, values and other arguments of system calls pass through here. */
  #scratch = 0;
  #scratchBytes = 0;
  #nextMapId = 1;
  #nextProgId = 1;
  #nextSocketCookie = 1;
  #syncookieSecrets: readonly [number, number] | undefined;
  #nextBtfId = 1;
  #nextLinkId = 1;
  #nextIterSession = 1;
  /** What is to be called later. */
  readonly async = new AsyncCallbacks(this);
  readonly #functionOwners = new Map<number, LoadedProgram>();
  /** Of all CPUs, since a full machine still runs programs. */
  readonly #stacks: number;
  readonly #cpus: (BpfCpu<BpfKernel> | undefined)[] = [];

  constructor(
    seed: number,
    cpus: number,
    clock: Clock,
    trace: TraceRing,
    attached = new AttachedPrograms(),
  ) {
    this.attached = attached;
    this.cpus = cpus;
    this.clock = clock;
    this.trace = trace;
    this.random = new Random(seed);
    this.#stacks = this.memory.alloc(cpus * CPU_STACK_BYTES);
  }

  /** The execution state of a CPU, made when it first runs a program. */
  cpu(number: number): BpfCpu<BpfKernel> {
    const known = this.#cpus[number];
    if (known !== undefined) return known;
    const stack = this.stackOf(number);
    const { memory } = this;
    const cpu = new BpfCpu<BpfKernel>(this, number, memory, stack, helperBodies, callingHelpers);
    this.#cpus[number] = cpu;
    return cpu;
  }

  protected stackOf(cpu: number): number {
    return this.#stacks + cpu * CPU_STACK_BYTES;
  }

  capable(cap: BpfCap): boolean {
    return bpfCapable(this.caps, cap);
  }

  /**
   * A descriptor for an object, or a negative errno: then the object goes, if nobody else holds it.
   *
   * @param fileFlags BPF_F_RDONLY or BPF_F_WRONLY: what system calls may not do through it
   */
  install(object: BpfObject, fileFlags = 0): number {
    this.objects.hold(object);
    const fd = this.files.install(object, fileFlags);
    if (fd < 0) this.objects.release(object);
    return fd;
  }

  /** Whether the task that runs may see addresses of the kernel. @linux kernel/ksyms_common.c `kallsyms_show_value` (6.18) */
  get showsAddresses(): boolean {
    const { living, current } = this;
    return living === undefined || current.identity === undefined
      ? true
      : living.showsAddresses(current.identity);
  }

  /** The task with that number, as far as anybody knows it. */
  findTask(pid: number): CurrentTask | undefined {
    if (pid === this.current.pid && this.current !== INIT_TASK) return this.current;
    if (this.living !== undefined) return this.living.find(pid);
    return pid === INIT_TASK.pid ? INIT_TASK : undefined;
  }

  /** All threads that anybody knows of. */
  threads(): Iterable<CurrentTask> {
    if (this.living !== undefined) return this.living.threads();
    return this.current.pid === INIT_TASK.pid ? [this.current] : [INIT_TASK, this.current];
  }

  /** A call of bpf(2). @param size of the block at `attr`, in bytes */
  sysBpf(caller: BpfCaller, command: number, attr: number, size: number): number {
    return bpfCalls()(this, caller, command, attr, size);
  }

  /** Makes a system call as `caller`, with its descriptors and its capabilities. */
  asCaller(caller: BpfCaller, call: () => number): number {
    const { files, caps, callerUid, unprivilegedBpfDisabled, current, caller: outer } = this;
    this.caller = caller;
    this.files = caller.files;
    this.current = caller.task ?? current;
    this.caps = caller.caps;
    this.callerUid = caller.uid;
    this.unprivilegedBpfDisabled = caller.unprivilegedBpfDisabled;
    try {
      return call();
    } finally {
      this.files = files;
      this.caps = caps;
      this.callerUid = callerUid;
      this.unprivilegedBpfDisabled = unprivilegedBpfDisabled;
      this.current = current;
      this.caller = outer;
    }
  }

  /** From now on, until the answer is given back, it is counted how often programs run. */
  enableStats(): StatsUser {
    this.#statsUsers++;
    return new StatsUser(() => {
      this.#statsUsers--;
    });
  }

  /** A program has run, for `ns` in all. @linux include/linux/filter.h `__bpf_prog_run` (6.18) */
  countRun(prog: LoadedProgram, runs: number, ns: number): void {
    if (this.#statsUsers === 0) return;
    prog.runCnt += runs;
    prog.runTimeNs += ns;
  }

  fileFlagsOf(fd: number): number {
    return this.files.flagsOf(fd);
  }

  ownerOf(fd: number, kind: StorageOwnerKind): object | number {
    return this.files.ownerOf(fd, kind);
  }

  perfEventOf(fd: number): PerfTarget | undefined {
    return this.files.perfEvent?.(fd);
  }

  /** Whether a descriptor is open. */
  hasFile(fd: number): boolean {
    return this.files.has(fd);
  }

  /** Gives a new map its number and its place in memory; false: there is no room. */
  registerMap(map: KernelMap): boolean {
    const { name, sizeBytes } = mapStructOf(map.attr.mapType);
    map.address = this.memory.alloc(sizeBytes);
    if (map.address === 0) return false;
    this.structs.placeInMemory(name, "bpf_map", map, map.address, sizeBytes);
    map.id = this.#nextMapId++;
    map.bypassSpecV1 = this.capable("perfmon");
    this.memory.view.setInt32(map.address + MAP_ID, map.id, true);
    this.#maps[map.id] = map;
    this.objects.add(map);
    return true;
  }

  /** Gives up what the fields at an address hold. */
  freeFields(record: BtfRecord, at: number): void {
    freeFields(this, record, at);
  }

  /** Gives back what an object has that nobody holds any more. */
  #end(object: BpfObject): void {
    if (object instanceof KernelMap) {
      this.#maps[object.id] = undefined;
      object.free();
      this.structs.forget(object);
      this.memory.free(object.address, mapStructOf(object.attr.mapType).sizeBytes);
    } else if (object instanceof LoadedProgram) {
      this.ksyms.dropProgram(object);
      this.dropFunctions(object.functions);
      for (const type of object.objectTypes) this.programObjects.leaveType(type);
      if (object.printer !== undefined) this.printers.leave(object.printer);
      const { image } = object;
      if (image !== undefined) this.memory.free(image.address, image.bytes);
    } else if (object instanceof Btf) {
      this.memory.free(object.address, object.data.length);
    }
  }

  holdersOf(map: KernelMap): { readonly all: number; readonly users: number } {
    return this.objects.holdersOf(map);
  }

  ref(object: KernelMap | LoadedProgram): void {
    this.objects.ref(object);
  }

  unref(object: KernelMap | LoadedProgram): void {
    this.memory.callRcu(() => this.objects.unref(object));
  }

  /** The map behind a pointer that a program holds. */
  mapAt(address: number): KernelMap {
    return this.#maps[this.memory.view.getInt32(address + MAP_ID, true)]!;
  }

  /** What programs hold as a pointer to a function that starts there, in words of its program's code; 0: there is no room. */
  addFunction(entry: number): number {
    const address = this.memory.alloc(FUNCTION_BYTES);
    if (address !== 0) this.memory.view.setInt32(address, entry, true);
    return address;
  }

  /** Nobody calls them any more. */
  dropFunctions(addresses: readonly number[]): void {
    for (const address of addresses) {
      this.#functionOwners.delete(address);
      this.memory.free(address, FUNCTION_BYTES);
    }
  }

  /** Where a function starts, in words of its program's code, by the pointer that programs hold. */
  functionAt(address: number): number {
    return this.memory.view.getInt32(address, true);
  }

  /** Says whose functions are behind the pointers that `addFunction` made. */
  ownFunctions(addresses: readonly number[], prog: LoadedProgram): void {
    for (const address of addresses) this.#functionOwners.set(address, prog);
  }

  /** The function behind a pointer, to be called when its program has ended. */
  laterFunctionAt(address: number): LaterFunction {
    return { prog: this.#functionOwners.get(address)!, entry: this.functionAt(address) };
  }

  /** Calls all functions of programs whose time has come. */
  runTimers(): void {
    this.async.runDue();
  }

  mapWithId(id: number): KernelMap | undefined {
    return this.#maps[id];
  }

  /** A socket, task, inode or cgroup goes, and what programs have hung on it. */
  dropStorageOf(owner: number): void {
    for (const map of this.#maps) if (map instanceof BpfLocalStorageMap) map.drop(owner);
  }

  /** What goes into the cookies of half-open connections, drawn when the first one is made. */
  syncookieSecret(kind: 0 | 1): number {
    this.#syncookieSecrets ??= [this.random.nextInt32(), this.random.nextInt32()];
    return this.#syncookieSecrets[kind];
  }

  newSocketCookie(): number {
    return this.#nextSocketCookie++;
  }

  nextProgId(): number {
    return this.#nextProgId++;
  }

  nextIterSession(): number {
    return this.#nextIterSession++;
  }

  nextLinkId(): number {
    return this.#nextLinkId++;
  }

  /** Gives new types their number. */
  registerBtf(btf: Btf): void {
    btf.id = this.#nextBtfId++;
    this.objects.add(btf);
  }

  /** The types behind a descriptor, or -EBADF, -EINVAL for one of something else. */
  btfOfFd(fd: number): Btf | number {
    const file = this.files.get(fd);
    if (file instanceof Btf) return file;
    return this.hasFile(fd) ? -EINVAL : -EBADF;
  }

  objectOf(fd: number): BpfObject | undefined {
    return this.files.get(fd);
  }

  /** The code that a tail call goes on with; undefined: there is none at this index. */
  tailCallTarget(map: number, index: number): Int32Array | undefined {
    return this.tailCallProgram(map, index)?.code;
  }

  tailCallProgram(map: number, index: number): LoadedProgram | undefined {
    const target = (this.mapAt(map) as ProgArrayMap).heldAt(index >>> 0);
    if (target !== undefined) this.running = target;
    return target;
  }

  arenaFault(directory: number, address: number, isWrite: boolean): void {
    reportArenaViolation(this, directory, address, isWrite);
  }

  mayGotoTimedOut(): void {
    reportMayGotoViolation(this);
  }

  /** The slots at which the functions of the running program go on, the innermost one first. */
  get places(): readonly number[] {
    const vm = this.cpu(this.runningCpu);
    return vm.at < 0 ? this.jit.places() : vm.places(this.running?.code ?? NO_CODE);
  }

  /** `body` is what `prog` does on a CPU. */
  whileRunning<T>(prog: LoadedProgram, cpu: number, body: () => T): T {
    const { running, runningCpu } = this;
    this.running = prog;
    this.runningCpu = cpu;
    try {
      return this.sharedPages.within(body);
    } finally {
      this.running = running;
      this.runningCpu = runningCpu;
    }
  }

  mapOfFd(fd: number): KernelMap | undefined {
    const file = this.files.get(fd);
    return file instanceof KernelMap ? file : undefined;
  }

  /** At least `size` bytes that one system call may use. */
  scratch(size: number): number {
    if (size > this.#scratchBytes || this.#scratch === 0) {
      const address = this.memory.alloc(Math.max(size, 8));
      if (address === 0) return 0;
      if (this.#scratch !== 0) this.memory.free(this.#scratch, this.#scratchBytes);
      this.#scratch = address;
      this.#scratchBytes = Math.max(size, 8);
    }
    return this.#scratch;
  }
}

const FUNCTION_BYTES = 8;
/** Where its number stands in a `struct bpf_map`. */
const MAP_ID = 92;
const NO_CODE = new Int32Array(0);
const NO_PACKET: PacketPlace = Object.freeze({
  data: 0,
  length: 0,
  macHeader: 0,
  networkHeader: 0,
  buffer: 0,
  bufferBytes: 0,
  isXdp: false,
});
