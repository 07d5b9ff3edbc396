import { EBADF, EINVAL } from "../include/errno.ts";
import type { MapBtf } from "./btf/map-check-btf.ts";
import type { BpfKernel } from "./kernel.ts";
import { ArenaMap } from "./maps/arena.ts";
import type { InnerMapMeta, KernelMap, MapCreateAttr } from "./maps/map.ts";
import { BPF_MAP_TYPE_ARRAY } from "./uapi.ts";
import type { VerifierMap } from "./verifier/verifier-input.ts";

/** Where Linux maps all memory of the machine. */
const DIRECT_MAPPING = 0xffff_8880_0000_0000n;

/**
 * The maps of one machine as the verifier sees them, for one load: one object a map.
 *
 * What a descriptor was at the first look it stays, also when it is closed: a check can be made once more.
 */
export class VerifierMaps {
  readonly #kernel: BpfKernel;
  readonly #known = new Map<KernelMap, VerifierMap>();
  readonly #maps = new Map<VerifierMap, KernelMap>();
  readonly #ofFd = new Map<number, VerifierMap | number>();

  constructor(kernel: BpfKernel) {
    this.#kernel = kernel;
  }

  /** The map behind a descriptor, or -EBADF, -EINVAL for one that is no map. */
  ofFd(fd: number): VerifierMap | number {
    const seen = this.#ofFd.get(fd);
    if (seen !== undefined) return seen;
    const found = this.#lookUp(fd);
    this.#ofFd.set(fd, found);
    return found;
  }

  #lookUp(fd: number): VerifierMap | number {
    const map = this.#kernel.mapOfFd(fd);
    if (map === undefined) return this.#kernel.hasFile(fd) ? -EINVAL : -EBADF;
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
  const { memory, innerMapMeta } = map;
  const hasValueAddress = map.attr.mapType === BPF_MAP_TYPE_ARRAY;
  return {
    ...sizesOf(map.attr),
    ...(innerMapMeta === undefined ? {} : { innerMap: describeInner(innerMapMeta) }),
    frozen: map.frozen,
    ...seenTypes(map.types),
    ...(map instanceof ArenaMap
      ? { userStart: BigInt(map.userStart), userBytes: map.userBytes }
      : {}),
    bypassSpecV1: map.bypassSpecV1,
    exclProgSha: map.exclProgSha,
    address: DIRECT_MAPPING + BigInt(map.address),
    valueAddress: hasValueAddress ? DIRECT_MAPPING + BigInt(map.directValue()) : 0n,
    readValue: remembered((off, size) => memory.copyOut(map.directValue() + off, size)),
  };
}

/** Only what cannot change is read; where it lay may be another's when the map is gone. */
function remembered(read: VerifierMap["readValue"]): VerifierMap["readValue"] {
  const known = new Map<string, Uint8Array>();
  return (off, size) => {
    const place = `${off}+${size}`;
    const bytes = known.get(place) ?? read(off, size);
    known.set(place, bytes);
    return bytes;
  };
}

/** Of a map that is only known when the program runs. */
function describeInner({ attr, types }: InnerMapMeta): VerifierMap {
  return {
    ...{ ...sizesOf(attr), ...seenTypes(types), name: "", frozen: false, bypassSpecV1: true },
    ...{ address: 0n, valueAddress: 0n, readValue: (_off, size) => new Uint8Array(size) },
  };
}

function seenTypes(types: MapBtf | undefined) {
  return { hasBtf: types !== undefined, record: types?.record };
}

function sizesOf({ mapType, keySize, valueSize, maxEntries, mapFlags, name }: MapCreateAttr) {
  return { type: mapType, keySize, valueSize, maxEntries, flags: mapFlags, name };
}
