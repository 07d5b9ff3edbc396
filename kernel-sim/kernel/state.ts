/** Task states, as bits of `task.state`: `include/linux/sched.h` (6.18). */
export const TASK_RUNNING = 0;
export const TASK_INTERRUPTIBLE = 1;
export const TASK_UNINTERRUPTIBLE = 2;
export const TASK_STOPPED_BIT = 4;
export const TASK_TRACED_BIT = 8;
export const TASK_PARKED = 0x40;
export const TASK_DEAD = 0x80;
export const TASK_WAKEKILL = 0x100;
export const TASK_NOLOAD = 0x400;
export const TASK_NEW = 0x800;
export const TASK_FREEZABLE = 0x2000;

export const TASK_KILLABLE = TASK_WAKEKILL | TASK_UNINTERRUPTIBLE;
export const TASK_STOPPED = TASK_WAKEKILL | TASK_STOPPED_BIT;
export const TASK_TRACED = TASK_TRACED_BIT;
export const TASK_IDLE = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
/** What `wake_up` wakes. */
export const TASK_NORMAL = TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE;

/** Values of `task.exitState`. */
export const EXIT_DEAD = 0x10;
export const EXIT_ZOMBIE = 0x20;
/** A zombie whose tracer has seen it and whose parent has not. */
export const EXIT_TRACE = EXIT_ZOMBIE | EXIT_DEAD;
