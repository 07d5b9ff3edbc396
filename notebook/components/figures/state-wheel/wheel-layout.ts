import type { WheelState } from "#notebook/document";

export interface WheelBox {
  readonly state: WheelState;
  readonly says: string;
  /** Linux's name. */
  readonly linux: string;
  readonly x: number;
  readonly y: number;
}

export const BOX = { width: 132, height: 70 } as const;

export const BOXES: readonly WheelBox[] = [
  { state: "new", says: "new", linux: "TASK_NEW", x: 4, y: 128 },
  { state: "ready", says: "ready", linux: "TASK_RUNNING", x: 172, y: 128 },
  { state: "running", says: "running", linux: "TASK_RUNNING", x: 340, y: 14 },
  { state: "sleeping", says: "sleeping (S)", linux: "INTERRUPTIBLE", x: 172, y: 262 },
  { state: "blocked", says: "blocked (D)", linux: "UNINTERRUPTIBLE", x: 340, y: 262 },
  { state: "stopped", says: "stopped (T)", linux: "__TASK_STOPPED", x: 508, y: 262 },
  { state: "zombie", says: "zombie (Z)", linux: "EXIT_ZOMBIE", x: 508, y: 14 },
  { state: "gone", says: "gone", linux: "released", x: 508, y: 128 },
];

/** The ways that a task can go, as paths. */
export const WAYS: readonly {
  readonly from: WheelState;
  readonly to: WheelState;
  readonly d: string;
}[] = [
  { from: "new", to: "ready", d: "M136 163H166" },
  { from: "ready", to: "running", d: "M224 128C224 70 270 36 334 36" },
  { from: "running", to: "ready", d: "M340 66C306 72 286 92 272 123" },
  { from: "running", to: "sleeping", d: "M374 84C362 170 330 220 290 258" },
  { from: "running", to: "blocked", d: "M406 84V256" },
  { from: "running", to: "stopped", d: "M440 84C456 170 490 220 536 258" },
  { from: "sleeping", to: "ready", d: "M222 262V204" },
  { from: "blocked", to: "ready", d: "M352 262C340 232 318 208 288 203" },
  { from: "stopped", to: "ready", d: "M508 290C480 240 390 190 310 176" },
  { from: "running", to: "zombie", d: "M472 49H502" },
  { from: "zombie", to: "gone", d: "M574 84V122" },
];
