import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, EOPNOTSUPP } from "../../include/errno.ts";
import type { Sock } from "../../net/core/sock.ts";
import type { KernelLink } from "../link/link.ts";
import { roundUp8 } from "../memory.ts";
import type { LoadedProgram } from "../program.ts";
import { BPF_MAP_TYPE_SOCKHASH } from "../uapi.ts";
import { nextIndex } from "./arraymap.ts";
import type { RedirectMap } from "./devmap.ts";
import { BPF_EXIST, BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_WRONLY, BPF_NOEXIST } from "./flags.ts";
import { jhash } from "./jhash.ts";
import {
  type InnerMapMeta,
  isMetaEqual,
  KernelMap,
  type MapCreateAttr,
  type MapMembers,
} from "./map.ts";
import type { MapHost } from "./map-host.ts";
import { SkPsock } from "./psock.ts";
import { isOpen, maySocketMapHold } from "./sockets.ts";

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
 * What maps of sockets have in common: a descriptor of a socket is put in, and its cookie read back.
 *
 * @simplified packets do not come to what programs pick out of them, and programs find no socket there.
 */
export abstract class SocketMap extends KernelMap {
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

  /** The socket whose descriptor is given, or a negative errno: it has 31 bits, in a value of 8 bytes as well. */
  protected socketOf(value: number): Sock | number {
    const { view } = this.memory;
    const isWide = this.attr.valueSize === 8;
    const fd = view.getUint32(value, true);
    if (isWide && (view.getInt32(value + 4, true) !== 0 || fd > S32_MAX)) return -EINVAL;
    const sk = this.host.ownerOf(fd | 0, "socket");
    return typeof sk === "number" ? sk : (sk as Sock);
  }

  /** The one that stands there and was not closed. */
  protected abstract socketAt(key: number): Sock | undefined;

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  /** Only a value of 8 bytes has room for the cookie that is read back. */
  override copyValue(key: number, to: number): number {
    if (this.attr.valueSize !== 8) return -ENOSPC;
    const cookie = this.socketAt(key)?.genCookie();
    if (cookie === undefined) return -ENOENT;
    this.memory.view.setUint32(to, cookie % 2 ** 32, true);
    this.memory.view.setUint32(to + 4, Math.floor(cookie / 2 ** 32), true);
    return 0;
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
  if (!isHash) return new SockArray(attr, host).allocated();
  if (keySize > SOCKHASH_KEY_MAX) return -E2BIG;
  if (maxEntries > SOCKHASH_ENTRIES_MAX) return -EINVAL;
  return new SockHash(attr, host).allocated();
}

/** Sockets on which programs hang. */
export abstract class SockMap extends SocketMap {
  /** What hangs on it, by attach type, and the link that it hangs by. @linux include/linux/skmsg.h `struct sk_psock_progs` (6.18) */
  readonly progs = new Map<number, { prog: LoadedProgram; link: KernelLink | undefined }>();

  /**
   * A program has a socket itself.
   *
   * @linux net/core/sock_map.c `sock_map_update_elem` (6.18)
   * @simplified programs cannot put sockets in
   */
  override update(_key: number, _socket: number, _flags: number, _cpu: number): number {
    return -EOPNOTSUPP;
  }

  /** @linux net/core/sock_map.c `sock_map_update_elem_sys` (6.18) */
  override updateAll(key: number, value: number, flags: number): number {
    // Here narrow values are looked at, too.
    if (this.memory.view.getUint32(value, true) > S32_MAX) return -EINVAL;
    const sk = this.socketOf(value);
    if (typeof sk === "number") return sk;
    if (!maySocketMapHold(sk)) return -EOPNOTSUPP;
    return flags >>> 0 > BPF_EXIST ? -EINVAL : this.put(key, sk, flags);
  }

  protected abstract put(key: number, sk: Sock, flags: number): 0 | number;

  /** It takes the place of `old`, if it may: 0 or a negative errno. */
  protected link(sk: Sock, old: Sock | undefined, flags: number): 0 | number {
    const err = SkPsock.link(sk, this.progs.keys());
    if (err !== 0) return err;
    const refusal =
      old === undefined ? (flags === BPF_EXIST ? -ENOENT : 0) : flags === BPF_NOEXIST ? -EEXIST : 0;
    if (refusal !== 0) SkPsock.unlink(sk);
    else if (old !== undefined) SkPsock.unlink(old);
    return refusal;
  }

  /** @linux net/core/sock_map.c `sock_map_release_progs`, `sock_hash_release_progs` (6.18) */
  override releaseUsers(): void {
    for (const { prog } of this.progs.values()) this.host.unref(prog);
    this.progs.clear();
  }
}

/** @linux net/core/sock_map.c `sock_map_ops` (6.18) */
class SockArray extends SockMap {
  readonly #sockets = new Map<number, Sock>();

  protected override socketAt(key: number): Sock | undefined {
    const sk = this.#sockets.get(this.indexAt(key));
    return sk !== undefined && isOpen(sk) ? sk : undefined;
  }

  /** @linux net/core/sock_map.c `sock_map_update_common` (6.18) */
  protected override put(key: number, sk: Sock, flags: number): 0 | number {
    const index = this.indexAt(key);
    if (index >= this.attr.maxEntries) return -E2BIG;
    const err = this.link(sk, this.socketAt(key), flags);
    if (err === 0) this.#sockets.set(index, sk);
    return err;
  }

  /** @linux net/core/sock_map.c `sock_map_delete_elem` (6.18) */
  override delete(key: number): number {
    const sk = this.socketAt(key);
    this.#sockets.delete(this.indexAt(key));
    if (sk === undefined) return -EINVAL;
    SkPsock.unlink(sk);
    return 0;
  }

  override free(): void {
    for (const sk of this.#sockets.values()) SkPsock.unlink(sk);
    this.#sockets.clear();
    super.free();
  }
}

interface HashedSocket {
  readonly key: Uint8Array;
  readonly sk: Sock;
}

/** @linux net/core/sock_map.c `sock_hash_ops` (6.18) */
class SockHash extends SockMap {
  /** By number; the last one that came stands first. */
  readonly #buckets = new Map<number, readonly HashedSocket[]>();

  get #bucketMask(): number {
    let buckets = 1;
    while (buckets < this.attr.maxEntries) buckets *= 2;
    return buckets - 1;
  }

  #bucketOf(key: number): number {
    return (jhash(this.memory.view, key, this.attr.keySize, 0) & this.#bucketMask) >>> 0;
  }

  /** Those that were not closed. */
  #in(bucket: number): readonly HashedSocket[] {
    return (this.#buckets.get(bucket) ?? []).filter(({ sk }) => isOpen(sk));
  }

  #find(key: number): HashedSocket | undefined {
    const bytes = this.memory.copyOut(key, this.attr.keySize);
    return this.#in(this.#bucketOf(key)).find((each) =>
      each.key.every((byte, i) => byte === bytes[i]),
    );
  }

  get #count(): number {
    return [...this.#buckets.keys()].reduce((sum, bucket) => sum + this.#in(bucket).length, 0);
  }

  protected override socketAt(key: number): Sock | undefined {
    return this.#find(key)?.sk;
  }

  /** @linux net/core/sock_map.c `sock_hash_update_common` (6.18) */
  protected override put(key: number, sk: Sock, flags: number): 0 | number {
    const old = this.#find(key);
    const isFull = old === undefined && this.#count >= this.attr.maxEntries;
    const err = this.link(sk, old?.sk, flags);
    if (err !== 0) return err;
    if (isFull) {
      SkPsock.unlink(sk);
      return -E2BIG;
    }
    const bucket = this.#bucketOf(key);
    const others = this.#in(bucket).filter((each) => each !== old);
    const added = { key: this.memory.copyOut(key, this.attr.keySize), sk };
    this.#buckets.set(bucket, [added, ...others]);
    return 0;
  }

  /** @linux net/core/sock_map.c `sock_hash_delete_elem` (6.18) */
  override delete(key: number): number {
    const old = this.#find(key);
    if (old === undefined) return -ENOENT;
    const bucket = this.#bucketOf(key);
    this.#buckets.set(
      bucket,
      this.#in(bucket).filter((each) => each.sk !== old.sk || each.key !== old.key),
    );
    SkPsock.unlink(old.sk);
    return 0;
  }

  /** @linux net/core/sock_map.c `sock_hash_get_next_key` (6.18) */
  override nextKey(key: number, next: number): number {
    const before = key === 0 ? undefined : this.#find(key);
    const bucket = before === undefined ? -1 : this.#bucketOf(key);
    const here = bucket < 0 ? [] : this.#in(bucket);
    const at = here.findIndex((each) => each.key === before?.key);
    const found = (at < 0 ? undefined : here[at + 1]) ?? this.#firstBehind(bucket);
    if (found === undefined) return -ENOENT;
    this.memory.bytes.set(found.key, next);
    return 0;
  }

  #firstBehind(bucket: number): HashedSocket | undefined {
    const numbers = [...this.#buckets.keys()].filter((each) => each > bucket).sort((a, b) => a - b);
    for (const each of numbers) {
      const [first] = this.#in(each);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  override free(): void {
    for (const elements of this.#buckets.values()) {
      for (const { sk } of elements) SkPsock.unlink(sk);
    }
    this.#buckets.clear();
    super.free();
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

  /** The machine has no sockets of XDP. */
  protected override socketAt(): undefined {
    return undefined;
  }

  override copyValue(_key: number, _to: number): number {
    return -EOPNOTSUPP;
  }

  /** @linux net/xdp/xskmap.c `xsk_map_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (this.indexAt(key) >= this.attr.maxEntries) return -E2BIG;
    const sk = this.socketOf(value);
    return typeof sk === "number" ? sk : -EOPNOTSUPP;
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
