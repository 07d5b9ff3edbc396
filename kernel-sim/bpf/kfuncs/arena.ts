/** Pages of arenas, as programs ask for them. @linux kernel/bpf/arena.c (6.18) */
import { EINVAL } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { ArenaMap } from "../maps/arena.ts";

type Vm = BpfCpu<BpfKernel>;

/** R1; undefined: a map of another type. */
function arenaIn({ r, machine }: Vm): ArenaMap | undefined {
  const map = machine.mapAt(r[2]!);
  return map instanceof ArenaMap ? map : undefined;
}

/** The lower half of R2, which tells the place in the arena; undefined: R2 is NULL. */
function addressIn({ r }: Vm): number | undefined {
  return (r[4]! | r[5]!) === 0 ? undefined : r[4]! >>> 0;
}

/** @linux kernel/bpf/arena.c `bpf_arena_alloc_pages` (6.18) */
export function arenaAllocPages(vm: Vm): number {
  const arena = arenaIn(vm);
  const { r } = vm;
  const count = r[6]! >>> 0;
  if (arena === undefined || (r[10]! | r[11]!) !== 0 || count === 0) return 0;
  return arena.allocPages(addressIn(vm), count, r[8]!);
}

/** @linux kernel/bpf/arena.c `bpf_arena_free_pages` (6.18) */
export function arenaFreePages(vm: Vm): number {
  const count = vm.r[6]! >>> 0;
  const address = addressIn(vm);
  if (count !== 0 && address !== undefined) arenaIn(vm)?.freePages(address, count);
  return 0;
}

/** @linux kernel/bpf/arena.c `bpf_arena_reserve_pages` (6.18) */
export function arenaReservePages(vm: Vm): number {
  const arena = arenaIn(vm);
  if (arena === undefined) return -EINVAL;
  const count = vm.r[6]! >>> 0;
  return count === 0 ? 0 : arena.reservePages(vm.r[4]! >>> 0, count);
}
