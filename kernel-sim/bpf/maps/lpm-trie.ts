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
import { KernelMap, type MapCreateAttr, type MapMembers } from "./map.ts";
import type { MapHost } from "./map-host.ts";

const LPM_CREATE_FLAGS = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS;
/** `struct bpf_lpm_trie_key_u8` in front of the data: the length of the prefix in bits. */
const DATA = 4;
const DATA_SIZE_MAX = 256;
/** `struct lpm_trie_node`, with the data and the value behind it: two other nodes, the length of the prefix, flags. */
const NODE_BYTES = 40;
const CHILD = 16;
const CHILD_BYTES = 8;
const PREFIXLEN = 32;
const FLAGS = 36;
/** Nobody has put it in, it only holds two others. */
const LPM_TREE_NODE_FLAG_IM = 1;
const VALUE_SIZE_MAX = KMALLOC_MAX_SIZE - DATA_SIZE_MAX - NODE_BYTES;

/** @linux kernel/bpf/lpm_trie.c `trie_alloc` (6.18) */
function checkTrie(attr: MapCreateAttr): number {
  const { keySize, valueSize, maxEntries, mapFlags } = attr;
  if (maxEntries === 0 || (mapFlags & BPF_F_NO_PREALLOC) === 0) return -EINVAL;
  if ((mapFlags & ~LPM_CREATE_FLAGS) !== 0 || !isAccessFlagsOk(mapFlags)) return -EINVAL;
  if (keySize < DATA + 1 || keySize > DATA + DATA_SIZE_MAX) return -EINVAL;
  return valueSize === 0 || valueSize > VALUE_SIZE_MAX ? -EINVAL : 0;
}

/** Where a key belongs: the place that leads to it, the node that stands there, and how many bits it shares with that. */
interface TriePlace {
  readonly slot: number;
  readonly node: number;
  readonly common: number;
}

/**
 * Keys are prefixes of any length; a lookup answers the longest that fits. The nodes lie in the memory of the machine: a
 * node is its address.
 *
 * @linux kernel/bpf/lpm_trie.c (6.18)
 */
export class LpmTrieMap extends KernelMap {
  override readonly batchCommands = ["lookup", "update", "delete"] as const;
  static create(attr: MapCreateAttr, { memory, cpus }: MapHost): LpmTrieMap | number {
    const err = checkTrie(attr);
    if (err !== 0) return err;
    const root = memory.alloc(CHILD_BYTES);
    return root === 0 ? -ENOMEM : new LpmTrieMap(attr, memory, cpus, root);
  }

  /** Where the address of the first node stands. */
  readonly #root: number;
  #count = 0;
  readonly #dataSize: number;
  readonly #prefixlenMax: number;
  /** In a node. */
  readonly #valueAt: number;
  readonly #nodeBytes: number;

  private constructor(attr: MapCreateAttr, memory: BpfMemory, cpus: number, root: number) {
    super(attr, memory, cpus);
    this.#root = root;
    this.#dataSize = attr.keySize - DATA;
    this.#prefixlenMax = this.#dataSize * 8;
    this.#valueAt = roundUp8(NODE_BYTES + this.#dataSize);
    this.#nodeBytes = this.#valueAt + attr.valueSize;
  }

  /** @linux kernel/bpf/lpm_trie.c `struct lpm_trie` (6.18) */
  override get ownMembers(): MapMembers {
    return {
      n_entries: this.#count,
      max_prefixlen: this.#prefixlenMax,
      data_size: this.#dataSize,
    };
  }

  #word(at: number): number {
    return this.memory.view.getInt32(at, true);
  }

  #setWord(at: number, word: number): void {
    this.memory.view.setInt32(at, word, true);
  }

  #prefixlenOf(node: number): number {
    return this.#word(node + PREFIXLEN);
  }

  #isKey(node: number): boolean {
    return this.#word(node + FLAGS) === 0;
  }

  /** Where the address of the node stands that goes on with a key, behind the prefix of `node`. */
  #slotFor(node: number, data: number): number {
    return node + CHILD + this.#bitOf(data, this.#prefixlenOf(node)) * CHILD_BYTES;
  }

  /** From the highest of the first byte on. @linux kernel/bpf/lpm_trie.c `extract_bit` (6.18) */
  #bitOf(data: number, index: number): number {
    return (this.memory.bytes[data + (index >>> 3)]! >>> (7 - (index & 7))) & 1;
  }

  /** The length of a key's prefix; undefined: longer than keys are. */
  #keyLength(key: number): number | undefined {
    const prefixlen = this.memory.view.getUint32(key, true);
    return prefixlen > this.#prefixlenMax ? undefined : prefixlen;
  }

  /** How many bits a node and a key have in common at most. @linux kernel/bpf/lpm_trie.c `longest_prefix_match` (6.18) */
  #common(node: number, key: number): number {
    const { bytes } = this.memory;
    const most = Math.min(this.#prefixlenOf(node), this.#word(key));
    let bits = 0;
    for (let i = 0; bits < most; i++, bits += 8) {
      const differ = bytes[node + NODE_BYTES + i]! ^ bytes[key + DATA + i]!;
      if (differ !== 0) return Math.min(bits + Math.clz32(differ) - 24, most);
    }
    return most;
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_lookup_elem` (6.18) */
  override lookup(key: number, _cpu: number): number {
    const wanted = this.#keyLength(key);
    if (wanted === undefined) return 0;
    let found = 0;
    for (let node = this.#word(this.#root); node !== 0; ) {
      const prefixlen = this.#prefixlenOf(node);
      if (this.#common(node, key) < prefixlen) break;
      if (this.#isKey(node)) found = node + this.#valueAt;
      if (prefixlen === wanted || prefixlen === this.#prefixlenMax) break;
      node = this.#word(this.#slotFor(node, key + DATA));
    }
    return found;
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    const prefixlen = this.#keyLength(key);
    if (prefixlen === undefined) return -EINVAL;
    const { slot, node, common } = this.#placeOf(key, prefixlen);
    const isSame = node !== 0 && common === prefixlen && this.#prefixlenOf(node) === prefixlen;
    const isThere = isSame && this.#isKey(node);
    if (isThere && flags === BPF_NOEXIST) return -EEXIST;
    if (!isThere && flags === BPF_EXIST) return -ENOENT;
    if (!isThere && this.#count === this.attr.maxEntries) return -ENOSPC;
    const fresh = this.#newNode(prefixlen, key + DATA);
    if (fresh === 0) return -ENOMEM;
    this.memory.bytes.copyWithin(fresh + this.#valueAt, value, value + this.attr.valueSize);
    if (!isThere) this.#count++;
    if (isSame) {
      // Programs may still have a pointer to the old one.
      this.memory.bytes.copyWithin(fresh + CHILD, node + CHILD, node + PREFIXLEN);
      this.#setWord(slot, fresh);
      this.memory.free(node, this.#nodeBytes);
      return 0;
    }
    if (node !== 0 && common < prefixlen) return this.#putBoth(slot, node, fresh, common);
    if (node !== 0) this.#setWord(this.#slotFor(fresh, node + NODE_BYTES), node);
    this.#setWord(slot, fresh);
    return 0;
  }

  /** Two that go apart behind `common` bits come under one that holds both. */
  #putBoth(slot: number, node: number, fresh: number, common: number): number {
    const both = this.#newNode(common, node + NODE_BYTES);
    if (both === 0) {
      this.memory.freeNow(fresh, this.#nodeBytes);
      this.#count--;
      return -ENOMEM;
    }
    this.#setWord(both + FLAGS, LPM_TREE_NODE_FLAG_IM);
    this.#setWord(this.#slotFor(both, node + NODE_BYTES), node);
    this.#setWord(this.#slotFor(both, fresh + NODE_BYTES), fresh);
    this.#setWord(slot, both);
    return 0;
  }

  /** With all bytes of the key, also those behind the prefix; 0: there is no room. */
  #newNode(prefixlen: number, data: number): number {
    const node = this.memory.alloc(this.#nodeBytes);
    if (node === 0) return 0;
    this.#setWord(node + PREFIXLEN, prefixlen);
    this.memory.bytes.copyWithin(node + NODE_BYTES, data, data + this.#dataSize);
    return node;
  }

  #placeOf(key: number, prefixlen: number): TriePlace {
    let slot = this.#root;
    for (;;) {
      const node = this.#word(slot);
      if (node === 0) return { slot, node, common: 0 };
      const common = this.#common(node, key);
      const isOnTheWay = this.#prefixlenOf(node) === common && common !== prefixlen;
      if (!isOnTheWay) return { slot, node, common };
      slot = this.#slotFor(node, key + DATA);
    }
  }

  /** @linux kernel/bpf/lpm_trie.c `trie_delete_elem` (6.18) */
  override delete(key: number): number {
    const prefixlen = this.#keyLength(key);
    if (prefixlen === undefined) return -EINVAL;
    let [slotAbove, above, slot] = [0, 0, this.#root];
    let node = this.#word(slot);
    while (node !== 0 && this.#common(node, key) === this.#prefixlenOf(node)) {
      if (this.#prefixlenOf(node) === prefixlen) break;
      [slotAbove, above, slot] = [slot, node, this.#slotFor(node, key + DATA)];
      node = this.#word(slot);
    }
    if (!this.#isKeyAt(node, key, prefixlen)) return -ENOENT;
    this.#count--;
    const [left, right] = [this.#word(node + CHILD), this.#word(node + CHILD + CHILD_BYTES)];
    if (left !== 0 && right !== 0) {
      this.#setWord(node + FLAGS, LPM_TREE_NODE_FLAG_IM);
      return 0;
    }
    // One that only held two others, and now holds one, goes with it.
    if (left === 0 && right === 0 && above !== 0 && !this.#isKey(above)) {
      const isLeft = this.#word(above + CHILD) === node;
      this.#setWord(slotAbove, this.#word(above + CHILD + (isLeft ? CHILD_BYTES : 0)));
      this.memory.free(above, this.#nodeBytes);
    } else this.#setWord(slot, left || right);
    this.memory.free(node, this.#nodeBytes);
    return 0;
  }

  /** Whether somebody has put that very key in, and it stands at `node`. */
  #isKeyAt(node: number, key: number, prefixlen: number): boolean {
    if (node === 0 || this.#prefixlenOf(node) !== prefixlen) return false;
    return this.#common(node, key) === prefixlen && this.#isKey(node);
  }

  /**
   * Longer prefixes come before those that they begin with; a key that is not there begins anew.
   *
   * @linux kernel/bpf/lpm_trie.c `trie_get_next_key` (6.18)
   */
  override nextKey(key: number, next: number): number {
    if (this.#word(this.#root) === 0) return -ENOENT;
    const node = this.#nodeBehind(key);
    if (node === 0) return -ENOENT;
    this.#setWord(next, this.#prefixlenOf(node));
    const data = node + NODE_BYTES;
    this.memory.bytes.copyWithin(next + DATA, data, data + this.#dataSize);
    return 0;
  }

  #nodeBehind(key: number): number {
    const first = () => this.#firstOf(this.#word(this.#root));
    const prefixlen = key === 0 ? undefined : this.#keyLength(key);
    if (prefixlen === undefined) return first();
    const way: number[] = [];
    let node = this.#word(this.#root);
    while (node !== 0) {
      way.push(node);
      const own = this.#prefixlenOf(node);
      if (own === prefixlen || this.#common(node, key) !== own) break;
      node = this.#word(this.#slotFor(node, key + DATA));
    }
    if (!this.#isKeyAt(node, key, prefixlen)) return first();
    for (let at = way.length - 1; at > 0; at--) {
      const parent = way[at - 1]!;
      const right = this.#word(parent + CHILD + CHILD_BYTES);
      if (this.#word(parent + CHILD) === way[at] && right !== 0) return this.#firstOf(right);
      if (this.#isKey(parent)) return parent;
    }
    return 0;
  }

  /** The first in the order of `nextKey`: the leftmost that has no children. */
  #firstOf(root: number): number {
    let first = 0;
    for (let node = root; node !== 0; ) {
      first = node;
      node = this.#word(node + CHILD) || this.#word(node + CHILD + CHILD_BYTES);
    }
    return first;
  }

  override free(): void {
    const left = [this.#word(this.#root)];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (node === 0) continue;
      left.push(this.#word(node + CHILD), this.#word(node + CHILD + CHILD_BYTES));
      this.memory.free(node, this.#nodeBytes);
    }
    this.memory.free(this.#root, CHILD_BYTES);
  }
}
