/** How each call of a program to a helper is compiled. */

import type { ArrayLookup, HashLookup } from "../maps/lookup-shape.ts";
import type { KernelMap } from "../maps/map.ts";
import { SLOT_WORDS } from "../predecode.ts";
import { BPF_FUNC_MAP_LOOKUP_ELEM } from "../uapi.ts";
import { type FlowNode, nextSlot } from "./flow-graph.ts";
import { registersWritten } from "./operands.ts";

export type HelperPlan =
  | { readonly kind: "array"; readonly shape: ArrayLookup }
  /** `table` is the index of the map among those that get a function of the module. */
  | { readonly kind: "hash"; readonly table: number }
  | { readonly kind: "helper"; readonly id: number; readonly args: number };

/** What the compiler has to know of the kernel. */
export interface JitEnvironment {
  readonly mapAt: (address: number) => KernelMap | undefined;
  /** How many arguments a helper takes; undefined: it has no body. */
  readonly argsOfHelper: (id: number) => number | undefined;
  /** It may write to the program's standard error. */
  readonly isReporting: (id: number) => boolean;
}

/** Longer keys are hashed by the map itself. */
const KEY_BYTES_MAX = 64;

const HELPER_CALL = 0x85;
const WIDE_LOAD = 0x18;
const MOVE = 0xbf;
const REGISTERS = 11;

export class CallPlans {
  readonly hashes: HashLookup[] = [];
  readonly #plans = new Map<number, HelperPlan>();
  readonly #environment: JitEnvironment;
  readonly #tables = new Map<KernelMap, number>();

  constructor(environment: JitEnvironment) {
    this.#environment = environment;
  }

  at(slot: number): HelperPlan {
    return this.#plans.get(slot)!;
  }

  /** How many arguments the call at a slot takes. */
  argsAt(slot: number): number {
    const plan = this.at(slot);
    return plan.kind === "helper" ? plan.args : 2;
  }

  /** Plans the calls of a node; false when one cannot be compiled. */
  planNode(code: Int32Array, { start, end }: FlowNode): boolean {
    // Which map's address a register holds: no further than in one node.
    const maps: (KernelMap | undefined)[] = new Array(REGISTERS).fill(undefined);
    for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
      const at = slot * SLOT_WORDS;
      const op = code[at]!;
      if (op === HELPER_CALL) {
        const plan = this.#plan(code[at + 3]!, maps[1]);
        if (plan === undefined) return false;
        this.#plans.set(slot, plan);
      }
      let map: KernelMap | undefined;
      if (op === MOVE) map = maps[code[at + 2]! >> 1];
      else if (op === WIDE_LOAD) map = this.#environment.mapAt(code[at + 2]!);
      const written = registersWritten(code, slot);
      for (let reg = 0; reg < REGISTERS; reg++) {
        if (((written >> reg) & 1) !== 0) maps.splice(reg, 1, map);
      }
    }
    return true;
  }

  #plan(id: number, map: KernelMap | undefined): HelperPlan | undefined {
    const args = this.#environment.argsOfHelper(id);
    if (args === undefined) return undefined;
    const shape = id === BPF_FUNC_MAP_LOOKUP_ELEM ? map?.lookupShape() : undefined;
    if (map === undefined || shape === undefined) return { kind: "helper", id, args };
    if (shape.kind === "array") return { kind: "array", shape };
    if (shape.keySize > KEY_BYTES_MAX) return { kind: "helper", id, args };
    const known = this.#tables.get(map);
    if (known !== undefined) return { kind: "hash", table: known };
    this.#tables.set(map, this.hashes.length);
    this.hashes.push(shape);
    return { kind: "hash", table: this.hashes.length - 1 };
  }
}
