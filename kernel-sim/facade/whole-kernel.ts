import { PlainCall } from "../explore/plain-call.ts";
import { PlainWord, WordAccess } from "../explore/plain-word.ts";
import { SharedWord } from "../explore/words.ts";
import { Random } from "../hw/random.ts";
import { SimulatorBug } from "../hw/simulator-bug.ts";
import { KernelCode, KernelRequest } from "../kernel/module/kernel-code.ts";
import { SYSCALL_DEFINE } from "../kernel/module/syscall-define.ts";
import { ReadCall, WriteCall } from "../user/bytes-call.ts";
import { ProgramContext } from "../user/program-context.ts";
import {
  AccessRequest,
  AtomicRequest,
  ComputeRequest,
  CounterRequest,
  SyscallRequest,
} from "../user/request.ts";
import { Sys } from "../user/sys.ts";
import { NumberCall, SysPort } from "../user/sys-port.ts";
import { explore } from "./explore.ts";
import { RecordedDevice } from "./host-device.ts";
import { HostedDriver } from "./hosted-call.ts";
import { i386 } from "./i386.ts";
import { inspectMachine } from "./inspector.ts";
import type { KernelPart } from "./kernel-part.ts";
import { LivingKernel } from "./living-kernel.ts";
import { terminalPort } from "./terminal.ts";
import { x86 } from "./x86.ts";

/** The kernel with its file systems, sockets and processors. */
export const wholeKernel: KernelPart = Object.freeze({
  livingKernel: (...args: ConstructorParameters<typeof LivingKernel>) => new LivingKernel(...args),
  terminalPort,
  explore,
  inspect: inspectMachine,
  i386,
  SYSCALL_DEFINE,
  x86,
  classes: () => [
    AccessRequest,
    AtomicRequest,
    ComputeRequest,
    CounterRequest,
    HostedDriver,
    RecordedDevice,
    KernelCode,
    KernelRequest,
    LivingKernel,
    ReadCall,
    WriteCall,
    NumberCall,
    ProgramContext,
    Random,
    SimulatorBug,
    PlainCall,
    PlainWord,
    SharedWord,
    Sys,
    SyscallRequest,
    SysPort,
    WordAccess,
  ],
});
