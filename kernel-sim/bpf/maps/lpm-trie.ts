import { EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC } from "../../include/errno.ts";
import { type BpfMemory, roundUp8 } from "../memory.ts";
import {
  BPF_EXIST,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_NOEXIST,
  isAccessFlagsOk,
  KMALLOC_MAX_SIZE,
  MAP_ACCESS_FLAGS,
} from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const LPM_CREATE_FLAGS = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS;
/** `struct bpf_lpm_trie_key_u8` in front of the data: the length of the prefix in bits. */
const DATA = 4;
const DATA_SIZE_MAX = 256;
/** `struct lpm_trie_node`, with the data and the value behind it. */
const NODE_BYTES = 40;
const VALUE_SIZE_MAX = KMALLOC_MAX_SIZE - DATA_SIZE_MAX - NODE_BYTES;

/** @linux kernel/bpf/lpm_trie.c `trie_alloc` (6.18) */
function checkTrie(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  if (maxEntries === 0 || (mapFlags & BPF_F_NO_PREALLOC) === 0) return -EINVAL;
  if ((mapFlags & ~LPM_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  if (keySize < DATA + 1 || keySize > DATA + DATA_SIZE_MAX) return -EINVAL;
  return valueSize === 0 || valueSize > VALUE_SIZE_MAX ? -EINVAL : 0;
}

interface TrieNode {
  readonly prefixlen: number;
  /** All bytes of the key, also those behind the prefix. */
  readonly data: Uint8Array;
  readonly child: [TrieNode | undefined, TrieNode | undefined];
  /** Address of the value; 0: nobody has put it in, it only holds two others. */
  readonly value: number;
}

/**
 * Keys are prefixes of any length; a lookup answers the longest that fits.
 *
 * @linux kernel/bpf/lpm_trie.c (6.18)
 */
export class LpmTrieMap extends KernelMap {
  override readonly batchCommands = ["lookup", "update", "delete"] as const;
  static create(attr: MapCreateAttr, { memory, cpus }: MapHost): LpmTrieMap | number {
    return checkTrie(attr) || new LpmTrieMap(attr, memory, cpus);
  }

  #root: TrieNode | undefined;
  #count = 0;
  readonly #dataSize: number;
  readonly #prefixlenMax: number;
  /** In a node. */
  readonly #valueAt: number;

  private constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number) {
    super(attr, memory, cpus);
    this.#dataSize = attr.keySize - DATA;
    this.#prefixlenMax = this.#dataSize * 8;
    this.#valueAt = roundUp8(NODE_BYTES + this.#dataSize);
  }

  /** undefined: longer than keys are. */
  #keyAt(key: number): Pick<TrieNode, "prefixlen" | "data"> | undefined {
    const prefixlen = this.memory.view.getUint32(key, true);
    if (prefixlen > this.#prefixlenMax) return undefined;
    return { prefixlen, data: this.memory.copyOut(key + DATA, this.#dataSize) };
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_lookup_elem` (6.18) */
  override lookup(key: number, _cpu: number): number {
    const wanted = this.#keyAt(key);
    if (wanted === undefined) return 0;
    let found = 0;
    for (let node = this.#root; node !== undefined; ) {
      if (commonBits(node, wanted) < node.prefixlen) break;
      if (node.value !== 0) found = node.value;
      if (node.prefixlen === wanted.prefixlen || node.prefixlen === this.#prefixlenMax) break;
      node = node.child[bitOf(wanted.data, node.prefixlen)];
    }
    return found;
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    const fresh = this.#keyAt(key);
    if (fresh === undefined) return -EINVAL;
    const { above, node, common } = this.#placeOf(fresh);
    const isThere = node !== undefined && isSame(node, fresh, common) && node.value !== 0;
    if (isThere && flags === BPF_NOEXIST) return -EEXIST;
    if (!isThere && flags === BPF_EXIST) return -ENOENT;
    if (!isThere && this.#count === this.attr.maxEntries) return -ENOSPC;
    const room = this.memory.alloc(this.#valueAt + this.attr.valueSize);
    if (room === 0) return -ENOMEM;
    const at = room + this.#valueAt;
    this.memory.bytes.copyWithin(at, value, value + this.attr.valueSize);
    if (!isThere) this.#count++;
    this.#put(above, withKey(node, { ...fresh, value: at }, common));
    if (isThere) this.#freeNode(node);
    return 0;
  }

  #freeNode({ value }: TrieNode): void {
    this.memory.free(value - this.#valueAt, this.#valueAt + this.attr.valueSize);
  }

  /** Where a key belongs: the node in its place, the one above it, and how many bits it shares with the former. */
  #placeOf(key: Pick<TrieNode, "prefixlen" | "data">) {
    let above: TrieNode | undefined;
    let node = this.#root;
    let common = 0;
    while (node !== undefined) {
      common = commonBits(node, key);
      const isOnTheWay = node.prefixlen === common && node.prefixlen !== key.prefixlen;
      if (!isOnTheWay) break;
      above = node;
      node = node.child[bitOf(key.data, node.prefixlen)];
    }
    return { above, node, common };
  }

  #put(above: TrieNode | undefined, node: TrieNode): void {
    if (above === undefined) this.#root = node;
    else above.child[bitOf(node.data, above.prefixlen)] = node;
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_delete_elem` (6.18) */
  override delete(key: number): number {
    const wanted = this.#keyAt(key);
    if (wanted === undefined) return -EINVAL;
    const way: TrieNode[] = [];
    let node = this.#root;
    while (node !== undefined && commonBits(node, wanted) === node.prefixlen) {
      if (node.prefixlen === wanted.prefixlen) break;
      way.push(node);
      node = node.child[bitOf(wanted.data, node.prefixlen)];
    }
    const isIt = node !== undefined && isSame(node, wanted, commonBits(node, wanted));
    if (node === undefined || !isIt || node.value === 0) return -ENOENT;
    this.#count--;
    this.#freeNode(node);
    const [left, right] = node.child;
    if (left !== undefined && right !== undefined) {
      this.#replace(way.at(-1), node, { ...node, value: 0 });
      return 0;
    }
    const rest = left ?? right;
    const parent = way.at(-1);
    // One that only held two others, and now holds one, goes with it.
    if (rest === undefined && parent !== undefined && parent.value === 0) {
      const [other] = parent.child.filter((one) => one !== node);
      this.#replace(way.at(-2), parent, other);
    } else this.#replace(parent, node, rest);
    return 0;
  }

  #replace(above: TrieNode | undefined, old: TrieNode, node: TrieNode | undefined): void {
    if (above === undefined) this.#root = node;
    else above.child[above.child[0] === old ? 0 : 1] = node;
  }

  /**
   * Longer prefixes come before those that they begin with; a key that is not there begins anew.
   *
   * @linux kernel/bpf/lpm_trie.c `trie_get_next_key` (6.18)
   */
  override nextKey(key: number, next: number): number {
    if (this.#root === undefined) return -ENOENT;
    const node = this.#nodeBehind(key === 0 ? undefined : this.#keyAt(key));
    if (node === undefined) return -ENOENT;
    this.memory.view.setUint32(next, node.prefixlen, true);
    this.memory.bytes.set(node.data, next + DATA);
    return 0;
  }

  #nodeBehind(key: Pick<TrieNode, "prefixlen" | "data"> | undefined): TrieNode | undefined {
    const way: TrieNode[] = [];
    let node = key === undefined ? undefined : this.#root;
    while (node !== undefined && key !== undefined) {
      way.push(node);
      if (commonBits(node, key) !== node.prefixlen || node.prefixlen === key.prefixlen) break;
      node = node.child[bitOf(key.data, node.prefixlen)];
    }
    const isThere =
      node !== undefined && key !== undefined && isSame(node, key, commonBits(node, key));
    if (!isThere || node?.value === 0) return firstOf(this.#root);
    for (let at = way.length - 1; at > 0; at--) {
      const parent = way[at - 1]!;
      const [left, right] = parent.child;
      if (left === way[at] && right !== undefined) return firstOf(right);
      if (parent.value !== 0) return parent;
    }
    return undefined;
  }

  override free(): void {
    const left = [this.#root];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (node.value !== 0) this.#freeNode(node);
      left.push(...node.child.filter((child) => child !== undefined));
    }
    this.#root = undefined;
  }
}

/** What stands where `node` stood, once the key is in: that node, the key's own, or one that holds both. */
function withKey(
  node: TrieNode | undefined,
  key: Pick<TrieNode, "prefixlen" | "data" | "value">,
  common: number,
): TrieNode {
  if (node === undefined) return { ...key, child: [undefined, undefined] };
  if (isSame(node, key, common)) return { ...key, child: node.child };
  const own: TrieNode = { ...key, child: [undefined, undefined] };
  if (common === key.prefixlen) {
    own.child[bitOf(node.data, common)] = node;
    return own;
  }
  const both: TrieNode = {
    ...{ prefixlen: common, data: node.data, value: 0 },
    child: [undefined, undefined],
  };
  both.child[bitOf(key.data, common)] = own;
  both.child[bitOf(node.data, common)] = node;
  return both;
}

/** The first in the order of `nextKey`: the leftmost that has no children. */
function firstOf(root: TrieNode | undefined): TrieNode | undefined {
  let first: TrieNode | undefined;
  for (let node = root; node !== undefined; node = node.child[0] ?? node.child[1]) first = node;
  return first;
}

function isSame(
  node: Pick<TrieNode, "prefixlen">,
  key: Pick<TrieNode, "prefixlen">,
  common: number,
): boolean {
  return node.prefixlen === key.prefixlen && common === key.prefixlen;
}

/** @linux kernel/bpf/lpm_trie.c `longest_prefix_match` (6.18) */
function commonBits(
  a: Pick<TrieNode, "prefixlen" | "data">,
  b: Pick<TrieNode, "prefixlen" | "data">,
): number {
  const most = Math.min(a.prefixlen, b.prefixlen);
  let bits = 0;
  for (let i = 0; bits < most; i++, bits += 8) {
    const differ = a.data[i]! ^ b.data[i]!;
    if (differ !== 0) return Math.min(bits + Math.clz32(differ) - 24, most);
  }
  return most;
}

/** From the highest of the first byte on. @linux kernel/bpf/lpm_trie.c `extract_bit` (6.18) */
function bitOf(data: Uint8Array, index: number): 0 | 1 {
  return ((data[index >>> 3]! >>> (7 - (index & 7))) & 1) as 0 | 1;
}
