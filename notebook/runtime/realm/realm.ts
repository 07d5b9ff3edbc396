/**
 * The realm in which student code runs: one Compartment with the language hardened around it, a
 * clock and random numbers of its own, and no way out. The same in browser, Node and Deno.
 */

import type { Output } from "#notebook/document";
import type { Compiled } from "../compile/compile.ts";
import { bundleOf } from "../display/bundle.ts";
import { makeDisplay } from "../display/display.ts";
import type { TerminalHost } from "../display/terminal.ts";
import { refusalOfError } from "../display/verifier-log.ts";
import { VirtualClock } from "./clock.ts";
import { makeConsole } from "./console.ts";
import { makeEndowments } from "./endowments.ts";
import { type ErrorOutput, type Evaluated, reportError, sourceName } from "./error-report.ts";
import { lockRealm } from "./lockdown.ts";
import { CELL_OUTPUT_LIMITS, OutputGate, type OutputLimits } from "./output-gate.ts";
import { seededRandom } from "./random.ts";
import { CellScope } from "./scope.ts";
import { type Answer, settle } from "./settle.ts";

export interface RealmOptions {
  /** What `import` finds, by specifier. Hardened by the realm. */
  readonly modules?: Readonly<Record<string, object>>;
  /** Names that are there without an import. Hardened by the realm. */
  readonly globals?: Readonly<Record<string, unknown>>;
  /**
   * True where code may wait for another process, as a judge's tests do. Otherwise code that
   * waits while no timer is set waits for ever, and is told so.
   */
  readonly waitsForOthers?: boolean;
  /** Where terminals that a cell shows stay alive. */
  readonly terminals?: TerminalHost;
}

export interface RunOptions {
  /** Of `Math.random`. */
  readonly seed: number;
  readonly onOutput: (output: Output) => void;
  readonly limits?: OutputLimits;
}

export type ModuleOutcome =
  | { readonly kind: "loaded"; readonly exports: Readonly<Record<string, unknown>> }
  | { readonly kind: "failed"; readonly error: ErrorOutput };

export type CallEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown };

/** One notebook's or one submission's realm. One run at a time. */
export interface Realm {
  /** Runs a cell: its names stay for the next ones, its value is its last output. */
  runCell(id: string, compiled: Compiled, options: RunOptions): Promise<"ok" | "error">;
  /** Evaluates a module and answers what it exports. */
  loadModule(id: string, compiled: Compiled, options: RunOptions): Promise<ModuleOutcome>;
  /** Calls into the realm's code, and lets timers fire until a promised answer is there. */
  call(action: () => unknown, options: RunOptions): Promise<CallEnd>;
  /** Describes what was thrown, with the lines of the sources that were evaluated here. */
  describeError(thrown: unknown): ErrorOutput;
  /** The cell's globals; only tests look at it. */
  readonly globalThis: object;
}

/** What compiled code gets for its one parameter. */
interface Host {
  readonly modules: readonly object[];
  declare(accessors: object): void;
  default?: unknown;
}

/** Makes a realm, and hardens the language first when that has not happened yet. */
export function createRealm(options: RealmOptions = {}): Realm {
  lockRealm();
  return new CompartmentRealm(options);
}

class CompartmentRealm implements Realm {
  readonly #compartment: Compartment;
  readonly #modules: ReadonlyMap<string, object>;
  readonly #waitsForOthers: boolean;
  readonly #terminals: TerminalHost | undefined;
  readonly #clock = new VirtualClock();
  readonly #scope: CellScope;
  readonly #sources: Evaluated[] = [];
  #gate: OutputGate = new OutputGate(() => undefined, CELL_OUTPUT_LIMITS, hostNow);
  #random: () => number = seededRandom(0);

  constructor({ modules = {}, globals = {}, waitsForOthers = false, terminals }: RealmOptions) {
    this.#modules = new Map(Object.entries(harden(modules)));
    this.#waitsForOthers = waitsForOthers;
    this.#terminals = terminals;
    const endowments = {
      ...makeEndowments({ clock: this.#clock, random: () => this.#random() }),
      console: makeConsole((stream, text) => this.#gate.print(stream, text)),
      display: makeDisplay((bundle) => this.#gate.show({ kind: "display", bundle }), terminals),
      ...globals,
    };
    this.#compartment = new Compartment({ globals: harden(endowments), __options__: true });
    closeGlobals(this.#compartment.globalThis);
    this.#scope = new CellScope(this.#compartment.globalThis);
  }

  get globalThis(): object {
    return this.#compartment.globalThis;
  }

  async runCell(id: string, compiled: Compiled, options: RunOptions): Promise<"ok" | "error"> {
    const end = await this.#run(options, () => this.#evaluate(id, compiled, this.#scope.declare));
    if (end.kind === "threw") return this.#fail(end.thrown);
    if (end.value !== undefined) {
      this.#gate.show({ kind: "result", bundle: bundleOf(end.value, this.#terminals) });
    }
    const late = await this.#finishTimers();
    if (late?.kind === "threw") return this.#fail(late.thrown);
    this.#gate.close();
    return "ok";
  }

  async loadModule(id: string, compiled: Compiled, options: RunOptions): Promise<ModuleOutcome> {
    const accessors: object[] = [];
    let host: Host | undefined;
    const end = await this.#run(options, () =>
      this.#evaluate(
        id,
        compiled,
        (found) => accessors.push(found),
        (made) => {
          host = made;
        },
      ),
    );
    try {
      if (end.kind === "threw") throw end.thrown;
      return { kind: "loaded", exports: exportsOf(accessors, host) };
    } catch (thrown) {
      return { kind: "failed", error: this.describeError(thrown) };
    } finally {
      this.#gate.close();
    }
  }

  async call(action: () => unknown, options: RunOptions): Promise<CallEnd> {
    const end = await this.#run(options, action);
    this.#clock.reset();
    this.#gate.close();
    return end;
  }

  describeError(thrown: unknown): ErrorOutput {
    return reportError(thrown, this.#sources);
  }

  async #run({ seed, onOutput, limits }: RunOptions, action: () => unknown): Promise<Answer> {
    this.#clock.reset();
    this.#random = seededRandom(seed);
    this.#gate = new OutputGate(onOutput, limits ?? CELL_OUTPUT_LIMITS, hostNow);
    return settle(action, this.#clock, this.#waitsForOthers);
  }

  #evaluate(
    id: string,
    compiled: Compiled,
    declare: (accessors: object) => void,
    onHost?: (host: Host) => void,
  ): unknown {
    const index = this.#sources.push({ cellId: id, compiled }) - 1;
    const modules = compiled.imports.map((imported) => this.#resolve(imported));
    this.#scope.guard(compiled.required);
    const { parameters, values } = this.#scope.shadowsFor(compiled.names);
    const wrapped = `((${parameters.join(",")})=>${compiled.code})`;
    const make = this.#compartment.evaluate(`${wrapped}\n//# sourceURL=${sourceName(index)}`);
    const host: Host = { modules, declare };
    onHost?.(host);
    return make(...values)(host);
  }

  #resolve({ specifier, bindings }: Compiled["imports"][number]): object {
    const module = this.#modules.get(specifier);
    const used = bindings.filter(({ isUsed }) => isUsed);
    if (module === undefined) {
      // Imports of nothing but types, from a file that is not here.
      if (used.length === 0 && bindings.length > 0) return {};
      const known = [...this.#modules.keys()].map((name) => `"${name}"`).join(", ");
      throw new SyntaxError(`There is no module "${specifier}" here, only ${known}.`);
    }
    for (const { imported } of used) {
      if (imported === "*" || Object.hasOwn(module, imported)) continue;
      throw new SyntaxError(`"${specifier}" has no export named ${imported}.`);
    }
    return module;
  }

  #fail(thrown: unknown): "error" {
    const refusal = refusalOfError(thrown);
    if (refusal !== undefined) this.#gate.show({ kind: "display", bundle: refusal });
    this.#gate.fail(this.describeError(thrown));
    this.#gate.close();
    this.#clock.reset();
    return "error";
  }

  /** Timers that are still set when a cell has answered fire once more each. */
  async #finishTimers(): Promise<Answer | undefined> {
    this.#clock.clearRepeated();
    return this.#clock.isIdle ? undefined : settle(() => this.#untilIdle(), this.#clock, false);
  }

  #untilIdle(): Promise<void> {
    return new Promise((resolve) => this.#clock.whenIdle(resolve));
  }
}

/** Reads every export once; what throws here was never given a value. */
function exportsOf(accessors: readonly object[], host: Host | undefined): Record<string, unknown> {
  const exports: Record<string, unknown> = Object.create(null);
  if (host !== undefined && Object.hasOwn(host, "default")) exports["default"] = host.default;
  for (const found of accessors) Object.assign(exports, found);
  return Object.freeze(exports);
}

/** Takes away what makes new Compartments, and fixes the rest: constants are also fast. */
function closeGlobals(globals: Record<string, unknown>): void {
  for (const name of ["Compartment", "ModuleSource", "lockdown", "harden", "assert"]) {
    Reflect.deleteProperty(globals, name);
  }
  for (const name of Reflect.ownKeys(globals)) {
    const property = Reflect.getOwnPropertyDescriptor(globals, name);
    if (property === undefined || !("value" in property)) continue;
    if (property.value !== globals) harden(property.value);
    if (property.configurable !== true) continue;
    Reflect.defineProperty(globals, name, { writable: false, configurable: false });
  }
}

/** Only for how often a long text is sent on. */
const hostPerformance = performance;
const hostNow = (): number => hostPerformance.now();
