import { EBADF, EINVAL } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { KernelMap } from "./maps/map.ts";
import { BPF_MAP_TYPE_ARRAY } from "./uapi.ts";
import type { VerifierMap } from "./verifier/verifier-input.ts";

/** Where Linux maps all memory of the machine. */
const DIRECT_MAPPING = 0xffff_8880_0000_0000n;

/** The maps of one machine as the verifier sees them, for one load: one object a map. */
export class VerifierMaps {
  readonly #kernel: BpfKernel;
  readonly #known = new Map<KernelMap, VerifierMap>();
  readonly #maps = new Map<VerifierMap, KernelMap>();

  constructor(kernel: BpfKernel) {
    this.#kernel = kernel;
  }

  /** The map behind a descriptor, or -EBADF, -EINVAL for one that is no map. */
  ofFd(fd: number): VerifierMap | number {
    const map = this.#kernel.mapOfFd(fd);
    if (map === undefined) return this.#kernel.files.has(fd) ? -EINVAL : -EBADF;
    const known = this.#known.get(map);
    if (known !== undefined) return known;
    const made = describe(map);
    this.#known.set(map, made);
    this.#maps.set(made, map);
    return made;
  }

  mapOf(map: VerifierMap): KernelMap {
    return this.#maps.get(map)!;
  }
}

function describe(map: KernelMap): VerifierMap {
  const { mapType, keySize, valueSize, maxEntries, mapFlags, name } = map.attr;
  const hasValueAddress = mapType === BPF_MAP_TYPE_ARRAY;
  return {
    type: mapType,
    keySize,
    valueSize,
    maxEntries,
    flags: mapFlags,
    name,
    frozen: map.frozen,
    bypassSpecV1: map.bypassSpecV1,
    hasBtf: map.types !== undefined,
    record: map.types?.record,
    address: DIRECT_MAPPING + BigInt(map.address),
    valueAddress: hasValueAddress ? DIRECT_MAPPING + BigInt(map.directValue()) : 0n,
    readValue: (off, size) => map.memory.copyOut(map.directValue() + off, size),
  };
}
