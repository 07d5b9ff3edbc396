/** Links of iterators: each file that is made of one goes over all objects of a kind. */
import { EACCES, EBADF, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { IterFile, type IterWalk } from "../iter-file.ts";
import type { BpfKernel } from "../kernel.ts";
import { HashMap, type HashSeqPlace } from "../maps/hashtab.ts";
import type { KernelMap } from "../maps/map.ts";
import type { LoadedProgram } from "../program.ts";
import { type BpfAttr, checkTailZero } from "../sys/attr.ts";
import type { BpfCaller, DescriptorTable } from "../sys/caller.ts";
import { mapOfFd } from "../sys/prog-of-fd.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../uapi.ts";
import { areaWalk, fileWalk, objectWalk, symbolWalk, type TaskChoice } from "./iter-walks.ts";
import {
  BPF_LINK_TYPE_ITER,
  fillName,
  KernelLink,
  type LinkOps,
  linkNewFd,
  replaceProg,
} from "./link.ts";

const PREFIX = "bpf_iter_";
/** `union bpf_iter_link_info`, in bytes. */
export const ITER_INFO_BYTES = 16;

/** What a link's files go over. */
interface IterScope {
  /** Starts at the first object; or a negative errno. */
  walk(): IterWalk | number;
  readonly fdinfo?: string;
  fillInfo?(info: DataView): void;
  /** Held as long as the link is there. */
  readonly map?: KernelMap;
}

const NOTHING: IterScope = { walk: () => -EINVAL };

/** @linux include/linux/bpf.h `struct bpf_iter_reg` (6.18) */
interface IterTarget {
  /** Whether its programs may wait. */
  readonly canResched: boolean;
  /** @param info what the caller has said, e.g. which map */
  scope(
    kernel: BpfKernel,
    files: DescriptorTable,
    info: DataView,
    prog: LoadedProgram,
  ): IterScope | number;
}

class IterLink extends KernelLink {
  /** Set when it is attached. */
  scope: IterScope = NOTHING;

  constructor(ops: LinkOps, prog: LoadedProgram) {
    super(BPF_LINK_TYPE_ITER, ops, prog, prog.expectedAttachType);
  }
}

const TARGETS: Readonly<Record<string, IterTarget>> = {
  bpf_map: { canResched: false, scope: (kernel) => ({ walk: () => mapWalk(kernel) }) },
  bpf_map_elem: { canResched: false, scope: elemScope },
  bpf_prog: { canResched: false, scope: (kernel) => ({ walk: () => objectWalk(kernel, "prog") }) },
  bpf_link: { canResched: false, scope: (kernel) => ({ walk: () => objectWalk(kernel, "link") }) },
  ksym: { canResched: true, scope: (kernel) => ({ walk: () => symbolWalk(kernel) }) },
  task: taskTarget(taskWalk),
  task_file: taskTarget(fileWalk),
  task_vma: taskTarget(areaWalk),
};

function taskTarget(walkOf: (kernel: BpfKernel, choice: TaskChoice) => IterWalk): IterTarget {
  return {
    canResched: true,
    scope: (kernel, _files, info) => taskScope(info, (choice) => walkOf(kernel, choice)),
  };
}

/**
 * @linux kernel/bpf/bpf_iter.c `bpf_iter_link_attach` (6.18)
 * @simplified there are iterators of maps and their elements, programs, links, symbols, tasks, their files and their memory; others get
 * EOPNOTSUPP
 */
export function iterLinkAttach(
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(4) !== 0 || attr.u32(12) !== 0) return -EINVAL;
  const info = readInfo(caller, attr.u64(16), attr.u32(24));
  return typeof info === "number" ? info : iterLink(kernel, caller.files, info, prog);
}

/**
 * The same, of what the caller has said.
 *
 * @param info `union bpf_iter_link_info`
 */
export function iterLink(
  kernel: BpfKernel,
  files: DescriptorTable,
  info: DataView,
  prog: LoadedProgram,
): number {
  const name = prog.target.funcName.slice(PREFIX.length);
  const target = TARGETS[name];
  if (target === undefined) return -EOPNOTSUPP;
  if (prog.isSleepable && !target.canResched) return -EINVAL;
  if (!prog.isRunnable) return -EOPNOTSUPP;
  const link: IterLink = new IterLink(
    iterLinkOps(kernel, name, () => link.scope),
    prog,
  );
  return linkNewFd(kernel, link, () => {
    const scope = target.scope(kernel, files, info, prog);
    if (typeof scope === "number") return scope;
    link.scope = scope;
    if (scope.map !== undefined) kernel.objects.hold(scope.map);
    return 0;
  });
}

function readInfo({ memory }: BpfCaller, address: number, length: number): DataView | number {
  if ((address === 0) !== (length === 0)) return -EINVAL;
  const room = new Uint8Array(ITER_INFO_BYTES);
  if (address !== 0) {
    const err = checkTailZero(memory, address, ITER_INFO_BYTES, length);
    if (err !== 0) return err;
    const given = memory.read(address, Math.min(length, ITER_INFO_BYTES));
    if (given === undefined) return -EFAULT;
    room.set(given);
  }
  return new DataView(room.buffer);
}

/** @linux kernel/bpf/bpf_iter.c `bpf_iter_link_lops` (6.18) */
function iterLinkOps(kernel: BpfKernel, name: string, scope: () => IterScope): LinkOps {
  return {
    release() {
      const { map } = scope();
      if (map !== undefined) kernel.objects.release(map);
    },
    updateProg(link, next, old) {
      if (old !== undefined && link.prog !== old) return -EPERM;
      const { type, expectedAttachType, target } = link.prog;
      const isSame = next.type === type && next.expectedAttachType === expectedAttachType;
      if (!isSame || next.target.btfId !== target.btfId) return -EINVAL;
      if (!next.isRunnable) return -EOPNOTSUPP;
      replaceProg(kernel, link, next);
      return 0;
    },
    fdinfo: () => `target_name:\t${name}\n${scope().fdinfo ?? ""}`,
    fillInfo(_link, info, memory) {
      const err = fillName(info, memory, { at: 16, lengthAt: 24 }, name);
      scope().fillInfo?.(info);
      return err;
    },
  };
}

/** A descriptor of a new file of the link. @linux kernel/bpf/bpf_iter.c `bpf_iter_new_fd` (6.18) */
export function iterNewFd(kernel: BpfKernel, link: KernelLink): number {
  const file = iterFileOf(kernel, link);
  return typeof file === "number" ? file : kernel.install(file, BPF_F_RDONLY);
}

const BPF_F_RDONLY = 1 << 3;

/** -EINVAL: the link is of another kind. @linux kernel/bpf/bpf_iter.c `prepare_seq_file` (6.18) */
export function iterFileOf(kernel: BpfKernel, link: KernelLink): IterFile | number {
  if (!(link instanceof IterLink)) return -EINVAL;
  const walk = link.scope.walk();
  return typeof walk === "number" ? walk : IterFile.open(kernel, link.prog, walk);
}

/** @linux kernel/bpf/map_iter.c `bpf_map_seq_ops` (6.18) */
function mapWalk(kernel: BpfKernel): IterWalk {
  let after = 0;
  const found = () => kernel.objects.nextId("map", after);
  return {
    words: 1,
    current() {
      const id = found();
      return id === undefined ? undefined : [kernel.mapWithId(id)!.address];
    },
    next() {
      after = found() ?? after;
    },
    end: () => {},
  };
}

const WITH_ELEMENTS: readonly number[] = [
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_ARRAY,
];

const PER_CPU: readonly number[] = [
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
];

/**
 * @linux kernel/bpf/map_iter.c `bpf_iter_attach_map` (6.18)
 * @simplified not those of maps with a value for each CPU
 */
function elemScope(
  kernel: BpfKernel,
  files: DescriptorTable,
  info: DataView,
  prog: LoadedProgram,
): IterScope | number {
  const fd = info.getInt32(0, true);
  if (fd === 0) return -EBADF;
  const map = mapOfFd(files, fd);
  if (typeof map === "number") return map;
  const { mapType, keySize, valueSize } = map.attr;
  if (!WITH_ELEMENTS.includes(mapType)) return PER_CPU.includes(mapType) ? -EOPNOTSUPP : -EINVAL;
  const { rdonly, rdwr } = prog.bufferAccess;
  if (rdonly > keySize || rdwr > valueSize) return -EACCES;
  return {
    map,
    walk: () => {
      const walk = map instanceof HashMap ? hashWalk(map) : arrayWalk(map);
      return typeof walk === "number" ? walk : holdingMap(kernel, map, walk);
    },
    fdinfo: `map_id:\t${map.id}\n`,
    fillInfo: (into) => into.setUint32(28, map.id, true),
  };
}

/**
 * The file holds the map: its link may go before it, and descriptors of the map as well.
 *
 * @linux kernel/bpf/hashtab.c `bpf_iter_init_hash_map`, kernel/bpf/arraymap.c `bpf_iter_init_array_map` (6.18)
 */
function holdingMap(kernel: BpfKernel, map: KernelMap, walk: IterWalk): IterWalk {
  kernel.objects.hold(map);
  return {
    ...walk,
    end() {
      walk.end();
      kernel.objects.release(map);
    },
  };
}

/** @linux kernel/bpf/hashtab.c `bpf_hash_map_seq_ops` (6.18) */
function hashWalk(map: HashMap): IterWalk {
  const place: HashSeqPlace = { bucket: 0, skipped: 0 };
  let element = 0;
  return {
    words: 3,
    start() {
      element = map.seqFindNext(place, 0);
    },
    current: () =>
      element === 0 ? undefined : [map.address, map.keyOf(element), map.valuesOf(element)],
    next() {
      place.skipped++;
      element = map.seqFindNext(place, element);
    },
    end: () => {},
  };
}

/** @linux kernel/bpf/arraymap.c `bpf_array_map_seq_ops` (6.18) */
function arrayWalk(map: KernelMap): IterWalk | number {
  const { memory } = map;
  const { keySize, maxEntries } = map.attr;
  const key = memory.alloc(keySize);
  if (key === 0) return -ENOMEM;
  let index = 0;
  return {
    words: 3,
    current() {
      if (index >= maxEntries) return undefined;
      memory.view.setUint32(key, index, true);
      return [map.address, key, map.lookup(key, 0)];
    },
    next() {
      index++;
    },
    end: () => memory.free(key, keySize),
  };
}

/** @linux kernel/bpf/task_iter.c `bpf_iter_attach_task` (6.18) */
function taskScope(info: DataView, walkOf: (choice: TaskChoice) => IterWalk): IterScope | number {
  const [tid, pid, pidFd] = [0, 4, 8].map((at) => info.getUint32(at, true));
  if ([tid, pid, pidFd].filter((each) => each !== 0).length > 1) return -EINVAL;
  // No descriptor of a process is known here.
  if (pidFd !== 0) return -EBADF;
  const walk = (isWanted: TaskChoice["isWanted"]) => () =>
    walkOf({ isWanted, isThread: tid !== 0 });
  if (tid !== 0) {
    return {
      fdinfo: `task_type:\tTID\ntid:\t${tid}\n`,
      fillInfo: (into) => into.setUint32(32, tid!, true),
      walk: walk((task) => task.pid === tid),
    };
  }
  if (pid === 0) return { fdinfo: "task_type:\tALL\n", walk: walk(() => true) };
  return {
    fdinfo: `task_type:\tPID\npid:\t${pid}\n`,
    fillInfo: (into) => into.setUint32(36, pid!, true),
    walk: walk((task) => task.tgid === pid),
  };
}

/**
 * @linux kernel/bpf/task_iter.c `task_seq_ops` (6.18)
 * @simplified the tasks are those that there are when it begins
 */
function taskWalk(kernel: BpfKernel, { isWanted }: TaskChoice): IterWalk {
  const tasks = [...(kernel.living?.threads() ?? [kernel.current])].filter(isWanted);
  let at = 0;
  return {
    words: 1,
    current() {
      const task = tasks[at];
      return task && [kernel.tasks.addressOf(task)];
    },
    next() {
      at++;
    },
    end: () => {},
  };
}
