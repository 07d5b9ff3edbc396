import { useId } from "react";
import css from "./exercise-form.module.css";

interface FieldProps {
  label: string;
  value: string;
  onType: (value: string) => void;
  /** What the gate says of it. */
  problem: string | undefined;
  hint?: string;
  isNumber?: boolean;
  /** It may take several lines. */
  isLong?: boolean;
}

/** One field of an exercise, with what is wrong in it. */
export function Field(props: FieldProps) {
  const { label, value, onType, problem, hint, isNumber = false, isLong = false } = props;
  const said = useId();
  const id = useId();
  const given = {
    id,
    value,
    onChange: (event: { target: { value: string } }) => onType(event.target.value),
    "aria-invalid": problem !== undefined || undefined,
    "aria-describedby": said,
    autoComplete: "off",
  } as const;
  return (
    <div className={css["field"]}>
      <label htmlFor={id}>{label}</label>
      {isLong ? (
        <textarea rows={2} {...given} />
      ) : (
        <input inputMode={isNumber ? "decimal" : undefined} {...given} />
      )}
      <span id={said} className={css["said"]}>
        {hint !== undefined && <small>{hint}</small>}
        {problem !== undefined && <em>{problem}</em>}
      </span>
    </div>
  );
}
