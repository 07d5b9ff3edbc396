/** The door of the simulator: all that cells, exercises, figures and the judge can reach. */
import "./facade/with-bpf.ts";
import "./facade/with-kernel.ts";

export type {
  HostedSystemCall,
  HostedWatch,
  KernelQuestion,
  SystemCallDefinition,
} from "./api/syscalls.ts";
export type {
  AbstractValue,
  BootOptions,
  BpfBtf,
  BpfError,
  BpfLink,
  BpfMap,
  BpfMapBatch,
  BpfMapMemory,
  BpfProg,
  BpfSyscall,
  BpfToolkit,
  BytesLike,
  Insn,
  InsnBuilders,
  InsnSize,
  JitLine,
  LoadAttr,
  LoadResult,
  Machine,
  MapAttr,
  MapTypeName,
  NegativeErrno,
  PrecisionMark,
  Program,
  ProgTypeName,
  Recording,
  TestRunAttr,
  TestRunResult,
  Tnum,
  TnumOps,
  Trace,
  TraceEvent,
  VerifierReport,
  VerifierStep,
} from "./api.ts";
export type { ConcurrentProgram, SharedWord } from "./api-explore.ts";
export type {
  BinPrm,
  ChildStatus,
  DescriptorRow,
  EntryMoment,
  FileStatus,
  LoadBinary,
  Process,
  ProcessRow,
  SpawnOptions,
  SystemCall,
  SystemCalls,
  UserProgram,
  UserRequest,
} from "./api-kernel.ts";
export type { EventKind } from "./api-observe.ts";
export type { Terminal, TerminalInput, TerminalOptions } from "./api-terminal.ts";
export {
  PT_REGS_32,
  PT_REGS_64,
  SYSCALL_REGISTERS_32,
  SYSCALL_REGISTERS_64,
} from "./arch/x86/entry/pt-regs.ts";
export { bpfGlobals } from "./facade/bpf-global.ts";
export type { Breakpoint, BreakpointHit, Comparison } from "./facade/breakpoints.ts";
export type { ExplorationView } from "./facade/exploration-shown.ts";
export type { Explored } from "./facade/explore.ts";
export { explore } from "./facade/explore-global.ts";
export { i386 } from "./facade/i386-global.ts";
export type {
  InspectorMoment,
  InspectorQuery,
  InspectorSection,
  InspectorView,
} from "./facade/inspector.ts";
export {
  type KernelPart,
  type ModeTimes,
  terminalPort,
} from "./facade/kernel-part.ts";
export { boot } from "./facade/machine.ts";
export { installParts, type PartName, type SimulatorParts } from "./facade/parts.ts";
export type { TerminalPort } from "./facade/terminal.ts";
export { bpf } from "./facade/toolkit.ts";
export { SYSCALL_DEFINE, x86 } from "./facade/x86-global.ts";
export { constants } from "./globals.ts";
export { kernelPrototypes } from "./harden.ts";
export { recordings } from "./trace/recordings/index.ts";
export { MachineStop } from "./user/machine-stop.ts";
