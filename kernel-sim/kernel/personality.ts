import type { Task } from "./task.ts";

/** `include/uapi/linux/personality.h` (6.18). */
export const PER_MASK = 0xff;
export const PER_LINUX32 = 0x8;
export const UNAME26 = 0x20000;

const ASK = 0xffffffff;

/** The old personality; 0xffffffff asks only. @linux kernel/exec_domain.c `personality` (6.18) @spec personality(2) */
export function sysPersonality(task: Task, persona: number): number {
  const old = task.personality;
  if (persona >>> 0 !== ASK) task.personality = persona | 0;
  return old >>> 0;
}
