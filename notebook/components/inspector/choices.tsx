"use client";

import type { InspectedMoment } from "#notebook/session";
import css from "./inspector.module.css";

interface MachineChoiceProps {
  /** So many the cell has run; behind them come replays of schedules. */
  machines: number;
  chosen: number;
  onChoose: (machine: number) => void;
}

/** Which of the cell's machines; nothing where there is no choice. */
export function MachineChoice({ machines, chosen, onChoose }: MachineChoiceProps) {
  if (chosen >= machines) return <span className={css["choice"]}>Replay of a schedule</span>;
  if (machines < 2) return null;
  return (
    <label className={css["choice"]}>
      <span>Machine</span>
      <select value={chosen} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {Array.from({ length: machines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: machines have no other name than their number
          <option key={i} value={i}>
            {i + 1}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ProcessChoiceProps {
  moment: NonNullable<InspectedMoment["moment"]>;
  onChoose: (pid: number) => void;
}

/** Whose files, memory and registers. */
export function ProcessChoice({ moment, onChoose }: ProcessChoiceProps) {
  return (
    <label className={css["choice"]}>
      <span>Of task</span>
      <select value={moment.pid} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {moment.processes.map(({ pid, comm, state }) => (
          <option key={pid} value={pid}>
            {pid} {comm} {state}
          </option>
        ))}
      </select>
    </label>
  );
}
