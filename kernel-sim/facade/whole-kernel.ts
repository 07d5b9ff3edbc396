import { BytesCall } from "../user/bytes-call.ts";
import { ProgramContext } from "../user/program-context.ts";
import { AccessRequest, ComputeRequest, SyscallRequest } from "../user/request.ts";
import { Sys } from "../user/sys.ts";
import { NumberCall, SysPort } from "../user/sys-port.ts";
import { i386 } from "./i386.ts";
import type { KernelPart } from "./kernel-part.ts";
import { LivingKernel } from "./living-kernel.ts";
import { terminalPort } from "./terminal.ts";

/** The kernel with its file systems, sockets and processors. */
export const wholeKernel: KernelPart = Object.freeze({
  livingKernel: (...args: ConstructorParameters<typeof LivingKernel>) => new LivingKernel(...args),
  terminalPort,
  i386,
  classes: () => [
    AccessRequest,
    ComputeRequest,
    LivingKernel,
    BytesCall,
    NumberCall,
    ProgramContext,
    Sys,
    SyscallRequest,
    SysPort,
  ],
});
