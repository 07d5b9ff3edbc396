import { callingHelpers, helperBodies } from "../../kernel-sim/bpf/helpers/index.ts";
import { BpfCpu } from "../../kernel-sim/bpf/interpreter.ts";
import { Jit } from "../../kernel-sim/bpf/jit/jit.ts";
import { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { KernelLink } from "../../kernel-sim/bpf/link/link.ts";
import type { KernelMap } from "../../kernel-sim/bpf/maps/map.ts";
import { BpfObjects } from "../../kernel-sim/bpf/objects.ts";
import type { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import {
  BPF_ATTACH_TYPE_NAMES,
  BPF_MAP_TYPE_NAMES,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_NAMES,
} from "../../kernel-sim/bpf/uapi.ts";
import type { Attachment } from "../../kernel-sim/trace/attached.ts";

/** What programs did, by name; helpers and functions by their places in the interpreter's table. */
export interface RunNotes {
  readonly called: number[];
  readonly hasThrown: boolean;
  readonly progTypes: string[];
  readonly attachTypes: string[];
  readonly mapTypes: string[];
}

const TAIL_CALL = 12;

type Cpu = BpfCpu<BpfKernel>;

/**
 * What programs of this thread did since somebody asked last. The classes of the simulator are changed for that, by
 * whoever imports this.
 */
export const takeRunNotes = noteRuns();

function noteRuns(): () => RunNotes {
  const called = new Set<number>();
  const progs = new Set<LoadedProgram>();
  const maps = new Set<KernelMap>();
  const links = new Map<KernelLink, readonly Attachment[]>();
  let hasThrown = false;

  const { tailCallProgram } = BpfKernel.prototype;
  BpfKernel.prototype.cpu = countingCpus(called);
  BpfKernel.prototype.tailCallProgram = function (map, index) {
    const target = tailCallProgram.call(this, map, index);
    if (target !== undefined) called.add(TAIL_CALL);
    return target;
  };
  const { run, throwException } = Jit.prototype;
  Jit.prototype.run = function (prog, vm, context, repeat) {
    const answer = run.call(this, prog, vm, context, repeat);
    progs.add(prog);
    return answer;
  };
  Jit.prototype.throwException = function (low, high) {
    hasThrown = true;
    return throwException.call(this, low, high);
  };
  const { add } = BpfObjects.prototype;
  BpfObjects.prototype.add = function (object) {
    add.call(this, object);
    if (object instanceof KernelLink) links.set(object, object.attachments);
    if ("attr" in object) noteUse(object, maps);
  };

  return () => {
    const ran = [...links].flatMap(([link, attachments]) =>
      attachments.some(({ runs }) => runs > 0) ? [link] : [],
    );
    const notes = {
      called: [...called],
      hasThrown,
      progTypes: [...progs].map(({ type }) => nameIn(BPF_PROG_TYPE_NAMES, type)),
      attachTypes: [...[...progs].flatMap(attachTypeOf), ...ran.flatMap(attachTypeOf)],
      mapTypes: [...maps].map(({ attr }) => nameIn(BPF_MAP_TYPE_NAMES, attr.mapType)),
    };
    for (const kept of [called, progs, maps, links]) kept.clear();
    hasThrown = false;
    return notes;
  };
}

/** With bodies that say so when they have answered. */
function countingCpus(called: Set<number>): (this: BpfKernel, number: number) => Cpu {
  const cpus = new WeakMap<BpfKernel, Map<number, Cpu>>();
  const bodies = helperBodies.map((body, id) => body && ((vm: Cpu) => noted(called, id, body(vm))));
  const callers = callingHelpers.map(
    (begin, id) => begin && ((vm: Cpu, cell: number) => noted(called, id, begin(vm, cell))),
  );
  return function (number) {
    const own = cpus.get(this) ?? new Map<number, Cpu>();
    cpus.set(this, own);
    const known = own.get(number);
    if (known !== undefined) return known;
    const stack = this["stackOf"](number);
    const cpu = new BpfCpu<BpfKernel>(this, number, this.memory, stack, bodies, callers);
    own.set(number, cpu);
    return cpu;
  };
}

function noted<T>(called: Set<number>, id: number, answer: T): T {
  called.add(id);
  return answer;
}

/** A map is used by who puts something into it or takes it out. */
function noteUse(map: KernelMap, used: Set<KernelMap>): void {
  const { update, copyValue } = map;
  map.update = (key, value, flags, cpu) => {
    const err = update.call(map, key, value, flags, cpu);
    if (err === 0) used.add(map);
    return err;
  };
  map.copyValue = (key, to) => {
    const err = copyValue.call(map, key, to);
    if (err === 0) used.add(map);
    return err;
  };
}

/** 0 is the first of them, and stands for none where a program has no attach type. */
function attachTypeOf(holder: LoadedProgram | KernelLink): string[] {
  const type = holder instanceof KernelLink ? holder.attachType : holder.expectedAttachType;
  const prog = holder instanceof KernelLink ? holder.prog : holder;
  if (type === 0 && prog.type !== BPF_PROG_TYPE_CGROUP_SKB) return [];
  return [nameIn(BPF_ATTACH_TYPE_NAMES, type)];
}

function nameIn(names: readonly string[], number: number): string {
  return names[number] ?? String(number);
}
