export type {
  AnchorWords,
  AttributeWords,
  ComponentWords,
  TextProblem,
  Vocabulary,
} from "./authoring.ts";
export { counted } from "./counted.ts";
export type { DatedSource, Licence, Statistic, UnixSystem } from "./data-sets/course-data.ts";
export { earlyLinux } from "./data-sets/early-linux.ts";
export { linuxStatistics } from "./data-sets/statistics.ts";
export { unixFamily } from "./data-sets/unix-family.ts";
export type {
  EntryDoor,
  EntryEvent,
  EntryRun,
  EntryStack,
  FrameLayout,
  FrameSlot,
  PreparedValue,
  StackWord,
  SyscallTableRow,
  TwinRun,
  TwinStep,
} from "./entry-figures.ts";
export {
  type ExerciseLimits,
  type ExerciseManifest,
  type ExerciseSheet,
  type ExerciseTest,
  GRADING_STATUSES,
  type GradingResult,
  type GradingStatus,
  type RubricLevel,
  type TestOutcome,
} from "./exercise.ts";
export type {
  FigureData,
  FigureName,
  PipelineInsn,
  PipelineRun,
  Reach,
  RegisterFacts,
  TnumExample,
  TnumFacts,
  TracePath,
  TraceStep,
  VerifierTrace,
} from "./figure.ts";
export { FIGURE_NAMES } from "./figure.ts";
export type { LayerId, WriteLayers } from "./figure-history.ts";
export type { JitComparison, JitProgram, JitRow, NativeInsn } from "./figure-jit.ts";
export type {
  AddressMoment,
  AddressRegion,
  AddressSpace,
  AddressStory,
  MapLecture,
  ModeRun,
  ModeStretch,
  RegisterRun,
  RegisterStep,
  StateMoment,
  StateStory,
  WheelState,
} from "./figure-process.ts";
export type {
  DescriptorMoment,
  DescriptorStory,
  ElfMap,
  ElfMapping,
  ElfSegment,
  FileKind,
  LinkedFile,
  LinkMoment,
  LinkStory,
  OpenFile,
  PathMoment,
  PathStory,
  PipeEnd,
  PipeMoment,
  PipeStory,
  ProcessMoment,
  ProcessStory,
  TreeName,
  TreeProcess,
} from "./figure-unix.ts";
export type {
  Cell,
  Heading,
  LectureDocument,
  LectureFrontMatter,
  LecturePicture,
} from "./lecture.ts";
export { CELL_SEED } from "./lecture.ts";
export type {
  ChartData,
  MapData,
  MimeBundle,
  Output,
  Position,
  TableData,
  TerminalData,
  VerifierLogData,
} from "./output.ts";
export {
  MIME_CHART,
  MIME_MAP,
  MIME_TABLE,
  MIME_TERMINAL,
  MIME_TRACE,
  MIME_VERIFIER_LOG,
} from "./output.ts";
export { type RefusalWords, refusalRows } from "./refusal-words.ts";
export type { SearchAnswer, SearchHit } from "./search.ts";
export {
  type Attempt,
  countedScore,
  SOURCE_BYTES_MAX,
  type SubmissionProgress,
  type SubmissionReceipt,
  type TestProgress,
} from "./submission.ts";
export { bitsOf, tnumFacts } from "./tnum-facts.ts";
