export {
  type Compiled,
  type CompileRefusal,
  type CompileResult,
  compileCell,
  compileModule,
} from "./compile/compile.ts";
export { below, parse, type SyntaxNode } from "./compile/parse.ts";
export type { Display } from "./display/display.ts";
export type {
  CallOutcome,
  DefineExercise,
  ExerciseContext,
  ExerciseDefinition,
  Plain,
  Player,
  SeededRandom,
  TestContext,
} from "./exercise-api.ts";
export type { TestVerdict } from "./judge/judge.ts";
export type {
  CellNames,
  CellToRun,
  FromWorker,
  RunOutcome,
  Sandbox,
  ToWorker,
} from "./protocol.ts";
export type { ErrorOutput } from "./realm/error-report.ts";
export type { OutputLimits } from "./realm/output-gate.ts";
export {
  type CallEnd,
  createRealm,
  type ModuleOutcome,
  type Realm,
  type RealmOptions,
  type RunOptions,
} from "./realm/realm.ts";
export { encodeFrame, type Frame, FrameDecoder } from "./stdio/frames.ts";
