"use client";

import { Icon, type IconName } from "../icon.tsx";
import css from "./inspector.module.css";

interface StepperProps {
  legend: string;
  /** Of the slider, and of one place on it. */
  name: string;
  unit: string;
  /** What a step to the next place goes over, when that is another unit. */
  stride?: string;
  first: number;
  last: number;
  at: number;
  onGo: (to: number) => void;
  onBack: () => void;
  onForward: () => void;
  /** The slider moves: it may rest elsewhere a moment later. */
  onSlide?: (to: number) => void;
}

/** First, back, slider, forward, last. */
export function Stepper({
  legend,
  name,
  unit,
  stride = unit,
  first,
  last,
  at,
  onGo,
  onBack,
  onForward,
  onSlide = onGo,
}: StepperProps) {
  const button = (icon: IconName, title: string, isOff: boolean, onClick: () => void) => (
    <button
      type="button"
      className={css["icon"]}
      aria-label={title}
      title={title}
      disabled={isOff}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <fieldset className={css["stepper"]}>
      <legend>{legend}</legend>
      {button("first", `First ${unit}`, at === first, () => onGo(first))}
      {button("back", `Back by one ${stride}`, at === first, onBack)}
      <input
        type="range"
        min={first}
        max={last}
        value={at}
        aria-label={name}
        aria-valuetext={`${unit} ${at} of ${last}`}
        onChange={(change) => onSlide(change.currentTarget.valueAsNumber)}
      />
      {button("forward", `Forward by one ${stride}`, at === last, onForward)}
      {button("last", `Last ${unit}`, at === last, () => onGo(last))}
    </fieldset>
  );
}
