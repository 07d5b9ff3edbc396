import type { ReactNode } from "react";

/** A run that a figure goes through step by step. */
export interface Scene {
  /** Unique in its figure; part of an address. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  readonly count: number;
  /** One step in words: what a screen reader hears, and a line of the figure's text. */
  readonly says: (position: number) => string;
  readonly draw: (position: number, onMove?: (position: number) => void) => ReactNode;
}

/** A figure of one or more scenes, each with steps. */
export interface SceneFigure {
  /** What one place is called: `step`, `event`. */
  readonly unit: string;
  /** What there is a choice of: `Program`, `Path`. */
  readonly choice: string;
  readonly scenes: readonly Scene[];
}
