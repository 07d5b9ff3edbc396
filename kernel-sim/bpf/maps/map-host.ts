import type { Random } from "../../hw/random.ts";
import type { TcpCongestionControls } from "../../net/ipv4/tcp-cong.ts";
import type { BpfMemory } from "../memory.ts";
import type { PerfTarget } from "../perf-target.ts";
import type { LoadedProgram } from "../program.ts";
import type { StorageOwnerKind } from "../sys/caller.ts";
import type { KernelMap } from "./map.ts";

/** What maps are made in: the BPF of one machine. */
export interface MapHost {
  readonly memory: BpfMemory;
  readonly cpus: number;
  readonly random: Random;
  /** What stands behind a descriptor; undefined: nothing of BPF. */
  objectOf(fd: number): object | undefined;
  /** The event of perf behind a descriptor. */
  perfEventOf(fd: number): PerfTarget | undefined;
  /** Whether a descriptor is open. */
  hasFile(fd: number): boolean;
  /** The socket, inode, task or cgroup behind a descriptor, or a negative errno. */
  ownerOf(fd: number, kind: StorageOwnerKind): object | number;
  /** How many hold a map, and how many of those by a descriptor or a name. */
  holdersOf(map: KernelMap): { readonly all: number; readonly users: number };
  /** Where tables of `tcp_congestion_ops` are registered. */
  readonly congestion: TcpCongestionControls;
  /** An object in a map is held by it. */
  ref(object: KernelMap | LoadedProgram): void;
  /** The map holds it no longer: it goes when no program runs any more that has found it there. */
  unref(object: KernelMap | LoadedProgram): void;
  /** The map behind a pointer that a program holds. */
  mapAt(address: number): KernelMap;
}
