/**
 * The numbers of a module's functions: first those that it takes from the machine, then the lookups
 * of its maps, then the functions of the program.
 */
import { isArenaOperation, isKernelOperation, OP, SLOT_WORDS } from "../predecode.ts";
import { nextSlot } from "./flow-graph.ts";
import { isPacketLoad, type ProgramShape } from "./function-shape.ts";

/** A function that the machine gives to a module. */
export type MachineFunction =
  | { readonly kind: "helper"; readonly id: number; readonly args: number }
  /** Begins a helper that calls back. */
  | { readonly kind: "begin"; readonly id: number }
  | { readonly kind: OtherKind };

type OtherKind =
  | "arena"
  | "may-goto"
  | "kernel"
  | "tail-call"
  | "go-on"
  | "load-from-packet"
  | "next"
  | "result"
  | "throw";

export class ModuleIndexes {
  readonly imports: MachineFunction[] = [];
  readonly lookups: number;
  readonly #helpers = new Map<number, number>();
  readonly #begins = new Map<number, number>();
  readonly #others = new Map<OtherKind, number>();

  constructor({ code, plans, functions }: ProgramShape) {
    for (const { nodes } of functions) {
      for (const { start, end } of nodes) {
        for (let slot = start; slot < end; slot = nextSlot(code, slot)) {
          const op = code[slot * SLOT_WORDS]!;
          if (isArenaOperation(op)) this.#take("arena");
          if (isKernelOperation(op)) this.#take("kernel");
          if (op === OP.MAY_GOTO) this.#take("may-goto");
          if (op === OP.TAIL_CALL) this.#take("tail-call");
          if (isPacketLoad(op)) this.#take("load-from-packet");
          if (op === OP.THROW) this.#take("throw");
          if (op === OP.CALL_CALLBACK) this.#takeBegin(code[slot * SLOT_WORDS + 3]!);
          if (op !== 0x85) continue;
          const plan = plans.at(slot);
          if (plan.kind === "helper" && !this.#helpers.has(plan.id)) {
            this.#helpers.set(plan.id, this.imports.push(plan) - 1);
          }
        }
      }
    }
    if (functions.slice(1).some(({ mayTailCall }) => mayTailCall)) this.#take("go-on");
    this.lookups = plans.hashes.length;
  }

  #takeBegin(id: number): void {
    if (this.#begins.has(id)) return;
    this.#begins.set(id, this.imports.push({ kind: "begin", id }) - 1);
    this.#take("next");
    this.#take("result");
  }

  #take(kind: OtherKind): void {
    if (!this.#others.has(kind)) this.#others.set(kind, this.imports.push({ kind }) - 1);
  }

  helper(id: number): number {
    return this.#helpers.get(id)!;
  }

  begin(id: number): number {
    return this.#begins.get(id)!;
  }

  other(kind: OtherKind): number {
    return this.#others.get(kind)!;
  }

  lookup(table: number): number {
    return this.imports.length + table;
  }

  function(index: number): number {
    return this.imports.length + this.lookups + index;
  }
}
