/** Caches of the kernel's heap, as programs see them. @linux mm/slab_common.c (6.18) */
import { byteArray } from "../../lib/byte-string.ts";
import { writeWord } from "../../trace/kernel-functions.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { KEPT_IN_MEMORY } from "../structs/kept-in-memory.ts";
import { kernelStruct } from "./kernel-struct.ts";

type Vm = BpfCpu<BpfKernel>;

const kmemCache = kernelStruct("kmem_cache", KEPT_IN_MEMORY.kmem_cache);

/** Where the caches lie, one behind the other, written when a program first asks for one; 0: there is no room. */
function cachesAt({ machine, memory }: Vm): number {
  if (machine.kmemCaches !== 0) return machine.kmemCaches;
  const caches = machine.living?.kmemCaches ?? [];
  const { bytes, offsets } = kmemCache();
  const names = caches.map(({ name }) => `${name}\0`).join("");
  const at = memory.alloc(caches.length * bytes + names.length);
  if (at === 0) return 0;
  let name = at + caches.length * bytes;
  memory.bytes.set(byteArray(names), name);
  for (const [i, cache] of caches.entries()) {
    const place = at + i * bytes;
    memory.view.setUint32(place + offsets.size, cache.size, true);
    memory.view.setUint32(place + offsets.object_size, cache.size, true);
    writeWord(memory, place + offsets.name, name);
    name += cache.name.length + 1;
  }
  machine.kmemCaches = at;
  return at;
}

function cacheAt(vm: Vm, index: number): number {
  const count = vm.machine.living?.kmemCaches.length ?? 0;
  if (index < 0 || index >= count) return 0;
  const at = cachesAt(vm);
  return at === 0 ? 0 : at + index * kmemCache().bytes;
}

/**
 * @linux mm/slab_common.c `bpf_get_kmem_cache` (6.18)
 * @simplified only what kernel code gets by kmalloc comes from caches
 */
export function getKmemCache(vm: Vm): number {
  const { r, machine } = vm;
  const address = r[3]! * 2 ** 32 + (r[2]! >>> 0);
  const name = machine.living?.kmemCacheOf(address);
  if (name === undefined) return 0;
  return cacheAt(vm, machine.living?.kmemCaches.findIndex((cache) => cache.name === name) ?? -1);
}

/** The iterator is the number of the cache that comes next. @linux mm/slab_common.c `bpf_iter_kmem_cache_new` (6.18) */
export function iterKmemCacheNew({ r, memory }: Vm): number {
  writeWord(memory, r[2]!, 0);
  return 0;
}

/** @linux mm/slab_common.c `bpf_iter_kmem_cache_next` (6.18) */
export function iterKmemCacheNext(vm: Vm): number {
  const { view } = vm.memory;
  const index = view.getInt32(vm.r[2]!, true);
  const cache = cacheAt(vm, index);
  if (cache !== 0) view.setInt32(vm.r[2]!, index + 1, true);
  return cache;
}
