import {
  E2BIG,
  EBADF,
  EINVAL,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOTSOCK,
  EOPNOTSUPP,
} from "../../include/errno.ts";
import type { KernelLink } from "../link/link.ts";
import { roundUp8 } from "../memory.ts";
import type { LoadedProgram } from "../program.ts";
import { BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_SOCKMAP } from "../uapi.ts";
import { arrayMapAllocCheck, nextIndex } from "./arraymap.ts";
import type { RedirectMap } from "./devmap.ts";
import { BPF_EXIST, BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_WRONLY } from "./flags.ts";
import {
  type InnerMapMeta,
  isMetaEqual,
  KernelMap,
  type MapCreateAttr,
  type MapMembers,
} from "./map.ts";
import type { MapHost } from "./map-host.ts";

const SOCK_CREATE_FLAGS = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;
/** `sizeof(struct bpf_shtab_bucket)` times as many is what a u32 holds. */
const SOCKHASH_ENTRIES_MAX = 2 ** 27;
/** MAX_BPF_STACK */
const SOCKHASH_KEY_MAX = 512;
const S32_MAX = 0x7fff_ffff;
const POINTER_BYTES = 8;
/** @linux net/core/sock_map.c `struct bpf_shtab_elem` (6.18) */
const SHTAB_ELEM_BYTES = 48;

/**
 * What maps of sockets have in common: a descriptor of a socket is put in.
 *
 * @simplified no descriptor that bpf(2) can see is one of a socket, so these maps stay empty.
 */
abstract class SocketMap extends KernelMap {
  protected readonly host: MapHost;
  /** Where Linux has the pointers to the sockets. */
  #room = 0;

  constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.host = host;
  }

  /** Takes the memory that Linux does. */
  allocated(): this | number {
    this.#room = this.memory.alloc(this.#bytes);
    return this.#room === 0 ? -ENOMEM : this;
  }

  get #bytes(): number {
    return this.attr.maxEntries * POINTER_BYTES;
  }

  /** @linux net/core/sock_map.c `struct bpf_shtab`, `sock_hash_alloc` (6.18) */
  override get ownMembers(): MapMembers {
    const { mapType, keySize, maxEntries } = this.attr;
    if (mapType !== BPF_MAP_TYPE_SOCKHASH) return super.ownMembers;
    let buckets = 1;
    while (buckets < maxEntries) buckets *= 2;
    return { buckets_num: buckets, elem_size: SHTAB_ELEM_BYTES + roundUp8(keySize) };
  }

  protected indexAt(key: number): number {
    return this.memory.view.getUint32(key, true);
  }

  /** Why it is refused: a descriptor has 31 bits, in a value of 8 bytes as well. */
  protected refusalOf(value: number): number {
    const { view } = this.memory;
    const isWide = this.attr.valueSize === 8;
    const fd = view.getUint32(value, true);
    if (isWide && (view.getInt32(value + 4, true) !== 0 || fd > S32_MAX)) return -EINVAL;
    return this.host.hasFile(fd | 0) ? -ENOTSOCK : -EBADF;
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  /** Only a value of 8 bytes has room for the cookie that is read back. */
  override copyValue(_key: number, _to: number): number {
    return this.attr.valueSize === 8 ? -ENOENT : -ENOSPC;
  }

  override nextKey(key: number, next: number): number {
    return nextIndex(this, key, next);
  }

  override free(): void {
    this.memory.free(this.#room, this.#bytes);
  }
}

/** @linux net/core/sock_map.c `sock_map_alloc`, `sock_hash_alloc` (6.18) */
export function createSockMap(attr: MapCreateAttr, host: MapHost): KernelMap | number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  const isHash = attr.mapType === BPF_MAP_TYPE_SOCKHASH;
  if (maxEntries === 0 || keySize === 0 || (!isHash && keySize !== 4)) return -EINVAL;
  if (valueSize !== 4 && valueSize !== 8) return -EINVAL;
  if ((mapFlags & ~SOCK_CREATE_FLAGS) !== 0) return -EINVAL;
  if (!isHash) return new SockMap(attr, host).allocated();
  if (keySize > SOCKHASH_KEY_MAX) return -E2BIG;
  if (maxEntries > SOCKHASH_ENTRIES_MAX) return -EINVAL;
  return new SockMap(attr, host).allocated();
}

/** @linux net/core/sock_map.c `sock_map_ops`, `sock_hash_ops` (6.18) */
export class SockMap extends SocketMap {
  /** What hangs on it, by attach type, and the link that it hangs by. @linux include/linux/skmsg.h `struct sk_psock_progs` (6.18) */
  readonly progs = new Map<number, { prog: LoadedProgram; link: KernelLink | undefined }>();

  /**
   * A program has a socket itself.
   *
   * @linux net/core/sock_map.c `sock_map_update_elem` (6.18)
   * @simplified no socket is of a kind that such a map could hold
   */
  override update(_key: number, _socket: number, _flags: number, _cpu: number): number {
    return -EOPNOTSUPP;
  }

  /** @linux net/core/sock_map.c `sock_map_update_elem_sys` (6.18) */
  override updateAll(_key: number, value: number, _flags: number): number {
    // Here narrow values are looked at, too.
    const fd = this.memory.view.getUint32(value, true);
    return fd > S32_MAX ? -EINVAL : this.refusalOf(value);
  }

  /** @linux net/core/sock_map.c `sock_map_release_progs`, `sock_hash_release_progs` (6.18) */
  override releaseUsers(): void {
    for (const { prog } of this.progs.values()) this.host.unref(prog);
    this.progs.clear();
  }

  override delete(_key: number): number {
    return this.attr.mapType === BPF_MAP_TYPE_SOCKMAP ? -EINVAL : -ENOENT;
  }

  override nextKey(key: number, next: number): number {
    return this.attr.mapType === BPF_MAP_TYPE_SOCKMAP ? super.nextKey(key, next) : -ENOENT;
  }
}

/** @linux kernel/bpf/reuseport_array.c `reuseport_array_alloc_check` (6.18) */
export function reuseportArrayAllocCheck(attr: MapCreateAttr): number {
  return attr.valueSize === 4 || attr.valueSize === 8 ? arrayMapAllocCheck(attr) : -EINVAL;
}

/** @linux kernel/bpf/reuseport_array.c `reuseport_array_ops` (6.18) */
export class ReuseportArray extends SocketMap {
  /** @linux kernel/bpf/reuseport_array.c `bpf_fd_reuseport_array_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (this.indexAt(key) >= this.attr.maxEntries) return -E2BIG;
    return this.refusalOf(value);
  }

  override delete(key: number): number {
    return this.indexAt(key) >= this.attr.maxEntries ? -E2BIG : -ENOENT;
  }
}

/** @linux net/xdp/xskmap.c `xsk_map_ops` (6.18) */
export class XskMap extends SocketMap implements RedirectMap {
  /** @linux net/xdp/xskmap.c `xsk_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): XskMap | number {
    const { keySize, valueSize, maxEntries, mapFlags } = attr;
    if (maxEntries === 0 || keySize !== 4 || valueSize !== 4) return -EINVAL;
    if ((mapFlags & ~SOCK_CREATE_FLAGS) !== 0) return -EINVAL;
    return new XskMap(attr, host).allocated();
  }

  redirectTarget(_index: number): number {
    return 0;
  }

  override copyValue(_key: number, _to: number): number {
    return -EOPNOTSUPP;
  }

  /** @linux net/xdp/xskmap.c `xsk_map_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (this.indexAt(key) >= this.attr.maxEntries) return -E2BIG;
    return this.refusalOf(value);
  }

  /** What is not there is deleted, too. */
  override delete(key: number): number {
    return this.indexAt(key) >= this.attr.maxEntries ? -EINVAL : 0;
  }

  /** @linux net/xdp/xskmap.c `xsk_map_meta_equal` (6.18) */
  override meta(): InnerMapMeta {
    const { attr, types } = this;
    return {
      ...{ attr, types },
      isEqual: (map) => isMetaEqual(this, map) && attr.maxEntries === map.attr.maxEntries,
    };
  }
}
