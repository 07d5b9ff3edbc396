/** Thrown when the simulator itself is wrong; nothing below the cell runtime catches it. */
export class SimulatorBug extends Error {
  override readonly name = "SimulatorBug";
}

export function invariant(holds: boolean, whatIsWrong: string): asserts holds {
  if (!holds) throw new SimulatorBug(whatIsWrong);
}
