import { Icon, type IconName } from "../icon.tsx";
import css from "./figure.module.css";
import { stepByKey } from "./stepper-keys.ts";

interface StepperProps {
  /** What one place is called: `step`. */
  unit: string;
  position: number;
  count: number;
  /** Absent in the picture that the server draws. */
  onMove?: ((position: number) => void) | undefined;
}

/** Moves a figure back and forth. One stop for the keyboard: its slider; buttons are for pointers. */
export function Stepper({ unit, position, count, onMove }: StepperProps) {
  const place = `${unit} ${position + 1} of ${count}`;
  const button = (icon: IconName, name: string, to: number) => (
    <button
      type="button"
      tabIndex={-1}
      aria-label={name}
      title={name}
      disabled={to === position || to < 0 || to >= count}
      onClick={onMove && (() => onMove(to))}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <fieldset className={css["stepper"]}>
      <legend>Go through the figure</legend>
      {button("first", `First ${unit}`, 0)}
      {button("back", "Back", position - 1)}
      <input
        type="range"
        min={1}
        max={count}
        value={position + 1}
        readOnly={onMove === undefined}
        aria-label={unit}
        aria-valuetext={place}
        onChange={onMove && ((event) => onMove(event.currentTarget.valueAsNumber - 1))}
        onKeyDown={
          onMove &&
          ((event) => {
            const to = stepByKey(event.key, position, count);
            if (to === undefined) return;
            event.preventDefault();
            onMove(to);
          })
        }
      />
      {button("forward", "Forward", position + 1)}
      {button("last", `Last ${unit}`, count - 1)}
      <output>{place}</output>
    </fieldset>
  );
}
