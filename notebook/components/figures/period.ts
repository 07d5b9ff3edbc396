/** Years of a timeline that can be looked at closer. */
export interface Period {
  readonly id: string;
  readonly title: string;
  readonly from: number;
  readonly to: number;
}

/** All years first, then the parts. */
export type Periods = readonly [Period, ...Period[]];

export function isIn({ from, to }: Period, year: number): boolean {
  return from <= year && year <= to;
}

/** What is shown when somebody steps to `year`: the same years as before if it lies in them, else its own part. */
export function periodAround(periods: Periods, shown: Period, year: number): Period {
  if (isIn(shown, year)) return shown;
  const [all, ...parts] = periods;
  return parts.find((one) => isIn(one, year)) ?? all;
}

/** The period of that id. */
export function periodOf([all, ...parts]: Periods, id: string): Period {
  return parts.find((one) => one.id === id) ?? all;
}
