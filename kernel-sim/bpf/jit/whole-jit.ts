import { CheckedWriter } from "../checked/checked-writer.ts";
import { compileChecked, StretchCompiler } from "../checked/compile.ts";
import { CallPlans } from "./call-plans.ts";
import { compileProgram } from "./compile.ts";
import { FunctionCompiler } from "./compile-function.ts";
import { Counting } from "./counting.ts";
import { FunctionWriter } from "./function-writer.ts";
import { ModuleIndexes } from "./module-indexes.ts";
import { WasmBytes } from "./wasm-bytes.ts";

/** What compiles programs: from their decoded form to the bytes of a module. */
export const wholeJit = /* @__PURE__ */ Object.freeze({
  compileChecked,
  compileProgram,
  /** Classes to be frozen before student code runs. */
  classes: () => [
    CallPlans,
    CheckedWriter,
    Counting,
    FunctionCompiler,
    FunctionWriter,
    ModuleIndexes,
    StretchCompiler,
    WasmBytes,
  ],
});
