/** Lookups that stand in the program itself. @linux kernel/bpf/arraymap.c, kernel/bpf/hashtab.c, net/xdp/xskmap.c `map_gen_lookup` (6.18) */
import type { Insn } from "../../api.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_XSKMAP,
} from "../uapi.ts";
import type { VerifierMap } from "../verifier/verifier-input.ts";
import * as i from "./insns.ts";
import { kernelFunction } from "./kernel-functions.ts";

const R0 = 0;
const R1 = 1;
const R2 = 2;
/** `offsetof(struct bpf_array, value)`, where the values, or their addresses, begin. */
const ARRAY_VALUES = 312;
/** `offsetof(struct htab_elem, key)`. */
const ELEM_KEY = 48;
/** `offsetof(struct htab_elem, lru_node.ref)`. */
const ELEM_REF = 35;
const BPF_F_INNER_MAP = 1 << 12;

/** Undefined: the map is asked by a call. */
export function inlinedLookup(map: VerifierMap): readonly Insn[] | undefined {
  const toValue = i.aluImm(i.ADD, R0, ELEM_KEY + roundUp8(map.keySize));
  const found = i.call(kernelFunction("__htab_map_lookup_elem"));
  switch (map.type) {
    case BPF_MAP_TYPE_ARRAY:
      return (map.flags & BPF_F_INNER_MAP) !== 0 ? undefined : arrayLookup(map, map.valueSize, []);
    case BPF_MAP_TYPE_PERCPU_ARRAY:
      return arrayLookup(map, 8, [i.load(i.DW, R0, R0, 0), i.percpuAddress(R0, R0)]);
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
      return arrayLookup(map, 8, [i.load(i.DW, R0, R0, 0), i.jumpImm(i.JEQ, R0, 0, 1)]);
    case BPF_MAP_TYPE_HASH:
      return [found, i.jumpImm(i.JEQ, R0, 0, 1), toValue];
    case BPF_MAP_TYPE_LRU_HASH:
      return [
        found,
        i.jumpImm(i.JEQ, R0, 0, 4),
        i.load(i.B, R1, R0, ELEM_REF),
        i.jumpImm(i.JNE, R1, 0, 1),
        i.raw(0x72, R0, 0, ELEM_REF, 1),
        toValue,
      ];
    case BPF_MAP_TYPE_PERCPU_HASH:
      return [
        found,
        i.jumpImm(i.JEQ, R0, 0, 3),
        toValue,
        i.load(i.DW, R0, R0, 0),
        i.percpuAddress(R0, R0),
      ];
    case BPF_MAP_TYPE_HASH_OF_MAPS:
      return [found, i.jumpImm(i.JEQ, R0, 0, 2), toValue, i.load(i.DW, R0, R0, 0)];
    case BPF_MAP_TYPE_XSKMAP:
      return xskLookup(map);
    default:
      return undefined;
  }
}

/** `offsetof(struct xsk_map, xsk_map)`, where the addresses of sockets begin. */
const XSK_MAP_SOCKETS = 304;

function xskLookup({ maxEntries }: VerifierMap): readonly Insn[] {
  return [
    i.load(i.W, R0, R2, 0),
    i.jumpImm(i.JGE, R0, maxEntries | 0, 5),
    i.aluImm(i.LSH, R0, 3),
    i.aluImm(i.ADD, R1, XSK_MAP_SOCKETS),
    i.aluReg(i.ADD, R0, R1),
    i.load(i.DW, R0, R0, 0),
    i.jump(1),
    i.aluImm(i.MOV, R0, 0),
  ];
}

function arrayLookup(
  { maxEntries, bypassSpecV1 }: VerifierMap,
  valueSize: number,
  behind: readonly Insn[],
): readonly Insn[] {
  const size = roundUp8(valueSize);
  const isPower = (size & (size - 1)) === 0;
  const mask = bypassSpecV1 ? [] : [i.aluImm(i.AND, R0, i.indexMask(maxEntries), false)];
  const scaled = isPower ? i.aluImm(i.LSH, R0, 31 - Math.clz32(size)) : i.aluImm(i.MUL, R0, size);
  const rest = [...mask, scaled, i.aluReg(i.ADD, R0, R1), ...behind];
  return [
    i.aluImm(i.ADD, R1, ARRAY_VALUES),
    i.load(i.W, R0, R2, 0),
    i.jumpImm(i.JGE, R0, maxEntries, rest.length + 1),
    ...rest,
    i.jump(1),
    i.aluImm(i.MOV, R0, 0),
  ];
}

function roundUp8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
