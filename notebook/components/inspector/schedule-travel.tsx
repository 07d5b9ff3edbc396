"use client";

import type { ReactNode } from "react";
import type { InspectedSchedules } from "#notebook/session";
import css from "./inspector.module.css";
import { Stepper } from "./stepper.tsx";

interface ScheduleTravelProps {
  found: InspectedSchedules;
  step: number;
  onStep: (step: number) => void;
  /** To the last event of the step, on the machine on which the schedule was replayed. */
  onMoment: (event: number) => void;
  onSearch: (search: number) => void;
  searches: number;
}

/** Steps through one schedule, and leads from a step to its moment on a machine. */
export function ScheduleTravel({
  found,
  step,
  onStep,
  onMoment,
  onSearch,
  searches,
}: ScheduleTravelProps): ReactNode {
  const { steps, search } = found;
  const here = steps[step - 1];
  return (
    <div className={css["travel"]}>
      <div className={css["where"]}>
        <span>
          step <b>{step}</b> of {steps.length}
        </span>
        <span>end {found.end + 1}</span>
      </div>
      <p className={css["what"]} aria-live="polite">
        {here === undefined ? "Before the first step." : `${here.thread}: ${here.what}`}
      </p>
      <Stepper
        legend="Steps of the schedule"
        name="Step"
        unit="step"
        first={0}
        last={steps.length}
        at={step}
        onGo={onStep}
        onBack={() => onStep(step - 1)}
        onForward={() => onStep(step + 1)}
      />
      <div className={css["row"]}>
        <button
          type="button"
          className={css["wordy"]}
          disabled={here === undefined}
          onClick={() => here !== undefined && onMoment(here.event)}
        >
          Look into the machine here
        </button>
        {searches > 1 && (
          <label className={css["choice"]}>
            <span>Search</span>
            <select
              value={search}
              onChange={(change) => onSearch(Number(change.currentTarget.value))}
            >
              {Array.from({ length: searches }, (_, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: searches have no other name than their number
                <option key={i} value={i}>
                  {i + 1}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </div>
  );
}
