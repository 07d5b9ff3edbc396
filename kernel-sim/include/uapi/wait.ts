/** Options of wait4 and waitid: `include/uapi/linux/wait.h` (6.18). */
export const WNOHANG = 0x1;
/** waitid calls it WSTOPPED. */
export const WUNTRACED = 0x2;
export const WEXITED = 0x4;
export const WCONTINUED = 0x8;
export const WNOWAIT = 0x1000000;
export const __WNOTHREAD = 0x20000000;
export const __WALL = 0x40000000;
export const __WCLONE = 0x80000000;

export const P_ALL = 0;
export const P_PID = 1;
export const P_PGID = 2;
export const P_PIDFD = 3;
