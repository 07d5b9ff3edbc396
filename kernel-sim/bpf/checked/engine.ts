/** Runs programs under checks in compiled form. */
import { compiler } from "../jit/compiler.ts";
import type { CheckedCode } from "./checked-code.ts";
import type { CheckedRun } from "./run.ts";
import { COUNT_AT, DEFINED_AT, LEFT_AT, REGS_AT, ROWS_AT } from "./state-area.ts";

const WORDS = 22;
/** What tells compiled code to end. */
const ENDED = -1;

interface Compiled {
  readonly main: (stretch: number) => void;
  readonly stretchAt: Int32Array;
}

/** Runs to the end, in compiled code where there is some. */
export function runCompiled(run: CheckedRun): void {
  const known = new Map<CheckedCode, Compiled | undefined>();
  while (!run.isOver) {
    const { program, slot } = run;
    let compiled = known.get(program);
    if (compiled === undefined) {
      compiled = compiledFor(run, program);
      if (compiled === undefined) {
        run.interpret();
        return;
      }
      known.set(program, compiled);
    }
    store(run, 0);
    compiled.main(compiled.stretchAt[slot]!);
  }
}

function compiledFor(run: CheckedRun, program: CheckedCode): Compiled | undefined {
  const module = compiler().compileChecked(program);
  if (module === undefined) return undefined;
  const { bytes, stretchAt } = module;
  const machine = {
    memory: run.kernel.memory.shared,
    f0: (slot: number, ahead: number): number => {
      load(run, ahead + 1);
      run.go(slot);
      if (run.isOver || run.program !== program) return ENDED;
      store(run, ahead);
      return Math.max(0, stretchAt[run.slot]!);
    },
    f1: (slot: number): void => {
      load(run, 0);
      run.slot = slot;
      run.interpret();
    },
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { machine });
  return { main: exports["main"] as Compiled["main"], stretchAt };
}

/** @param ahead what of the fuel was taken already for instructions that have not run */
function load(run: CheckedRun, ahead: number): void {
  const { view } = run.kernel.memory;
  const { r } = run.vm;
  for (let i = 0; i < WORDS; i++) r[i] = view.getInt32(REGS_AT + i * 4, true);
  run.defined = view.getInt32(DEFINED_AT, true);
  run.left = view.getInt32(LEFT_AT, true) + ahead;
}

function store(run: CheckedRun, ahead: number): void {
  const { view } = run.kernel.memory;
  const { r } = run.vm;
  for (let i = 0; i < WORDS; i++) view.setInt32(REGS_AT + i * 4, r[i]!, true);
  view.setInt32(DEFINED_AT, run.defined, true);
  view.setInt32(LEFT_AT, run.left - ahead, true);
  view.setInt32(ROWS_AT, run.objects.rows, true);
  view.setInt32(COUNT_AT, run.objects.count, true);
}
