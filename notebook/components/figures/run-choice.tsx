import css from "./run-choice.module.css";

interface RunChoiceProps {
  /** What there is a choice of: `Program`. */
  legend: string;
  runs: readonly { readonly id: string; readonly title: string }[];
  chosen: string;
  /** The figure's id. */
  figure: string;
  /** Absent in the picture that the server draws. */
  onChoose?: ((id: string) => void) | undefined;
}

/** Which of a figure's runs is shown. */
export function RunChoice({ legend, runs, chosen, figure, onChoose }: RunChoiceProps) {
  return (
    <fieldset className={css["choice"]}>
      <legend>{legend}</legend>
      {runs.map(({ id, title }) => (
        <label key={id}>
          <input
            type="radio"
            name={`${figure}-run`}
            value={id}
            checked={id === chosen}
            readOnly={onChoose === undefined}
            onChange={onChoose && (() => onChoose(id))}
          />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
