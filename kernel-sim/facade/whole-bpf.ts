import { StatementParser } from "../bpf/asm/parser.ts";
import { BpfCpu } from "../bpf/interpreter.ts";
import { Jit } from "../bpf/jit/jit.ts";
import { JitCallbacks } from "../bpf/jit/jit-callbacks.ts";
import { BpfException, JitProgram } from "../bpf/jit/jit-program.ts";
import { Kallsyms } from "../bpf/kallsyms.ts";
import { BpfKernel } from "../bpf/kernel.ts";
import { BpfKsyms } from "../bpf/ksyms.ts";
import { KernelLink } from "../bpf/link/link.ts";
import { ArrayMap, PercpuArrayMap } from "../bpf/maps/arraymap.ts";
import { HashMap } from "../bpf/maps/hashtab.ts";
import { BpfMemory } from "../bpf/memory.ts";
import { LoadedProgram } from "../bpf/program.ts";
import { Backtrack } from "../bpf/verifier/backtrack-state.ts";
import { InsnAux, SubprogInfo, VerifierEnv } from "../bpf/verifier/env.ts";
import { CallMeta } from "../bpf/verifier/func-arg.ts";
import { IdMap } from "../bpf/verifier/id-map.ts";
import { Int64 } from "../bpf/verifier/int64.ts";
import { Liveness } from "../bpf/verifier/liveness.ts";
import { VerifierLog } from "../bpf/verifier/log.ts";
import { RegState } from "../bpf/verifier/reg-state.ts";
import { FuncState } from "../bpf/verifier/states.ts";
import { Tnum } from "../bpf/verifier/tnum.ts";
import { StateListEntry, VerifierState } from "../bpf/verifier/verifier-state.ts";
import { VerifierMaps } from "../bpf/verifier-maps.ts";
import { Random } from "../hw/random.ts";
import { SimulatorBug } from "../hw/simulator-bug.ts";
import { AttachedPrograms } from "../trace/attached.ts";
import { TaskNames } from "../trace/task-names.ts";
import { Tracing } from "../trace/tracing.ts";
import type { BpfPart } from "./bpf-part.ts";
import { machineBpf } from "./machine-bpf.ts";
import { installParts } from "./parts.ts";
import { bpf } from "./toolkit.ts";

/** BPF, but for what it rarely needs. */
export const wholeBpf: BpfPart = Object.freeze({
  machineBpf,
  toolkit: bpf,
  installParts,
  classes: () => [
    ArrayMap,
    AttachedPrograms,
    Backtrack,
    BpfException,
    BpfCpu,
    BpfKernel,
    BpfKsyms,
    BpfMemory,
    CallMeta,
    FuncState,
    HashMap,
    IdMap,
    InsnAux,
    Int64,
    Jit,
    JitCallbacks,
    JitProgram,
    Kallsyms,
    KernelLink,
    Liveness,
    LoadedProgram,
    PercpuArrayMap,
    Random,
    RegState,
    SimulatorBug,
    StatementParser,
    StateListEntry,
    SubprogInfo,
    TaskNames,
    Tnum,
    Tracing,
    VerifierEnv,
    VerifierLog,
    VerifierMaps,
    VerifierState,
  ],
});
