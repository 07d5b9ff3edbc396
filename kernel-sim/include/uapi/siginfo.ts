/** Values of `si_code`: `include/uapi/asm-generic/siginfo.h` (6.18). */
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_MESGQ = -3;
export const SI_ASYNCIO = -4;
export const SI_SIGIO = -5;
export const SI_TKILL = -6;
export const SI_DETHREAD = -7;
export const SI_ASYNCNL = -60;

export const ILL_ILLOPN = 2;
export const FPE_INTDIV = 1;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const SEGV_CPERR = 10;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const TRAP_BRKPT = 1;
export const TRAP_TRACE = 2;
export const TRAP_HWBKPT = 4;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_TRAPPED = 4;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;
export const POLL_IN = 1;
export const POLL_OUT = 2;
export const POLL_MSG = 3;
export const POLL_ERR = 4;
export const POLL_PRI = 5;
export const POLL_HUP = 6;
export const SYS_SECCOMP = 1;

/** How many codes the kernel knows for some signals (`NSIG…`). */
export const NSIGILL = 11;
export const NSIGFPE = 15;
export const NSIGSEGV = 10;
export const NSIGBUS = 5;
export const NSIGTRAP = 6;
export const NSIGCHLD = 6;
export const NSIGPOLL = 6;
export const NSIGSYS = 2;
