import type { KeyboardEvent } from "react";
import type { TnumExample } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import type { Combined } from "./combine.ts";
import css from "./dial.module.css";
import { BIT_COUNT, type Dial, isShift, OPERATIONS, type Operation, occurring } from "./dial.ts";

/** Where the dial stands before anybody has turned it. */
export function startOf(example: TnumExample): { dial: Dial; combined: Combined } {
  return {
    dial: { a: example.a, b: example.b, operation: "add", shift: 1 },
    combined: { aText: example.aText, bText: example.bText, result: example.sum },
  };
}

/** The figure as the server draws it. */
export function StillDial({ example, texts }: { example: TnumExample; texts: FigureTexts }) {
  return (
    <FigureFrame texts={texts}>
      <DialView {...startOf(example)} figure={texts.id} />
    </FigureFrame>
  );
}

export type OperandName = "a" | "b";

interface DialViewProps {
  dial: Dial;
  /** Of an earlier state for the moment in which the arithmetic is loaded. */
  combined: Combined;
  figure: string;
  /** The bit of each operand that the keyboard reaches. */
  cursors?: Readonly<Record<OperandName, number>>;
  onTurn?: ((operand: OperandName, place: number) => void) | undefined;
  onBitKey?: ((operand: OperandName, place: number, event: KeyboardEvent) => void) | undefined;
  onOperation?: ((operation: Operation) => void) | undefined;
  onShift?: ((shift: number) => void) | undefined;
}

/** Both operands bit by bit, the operation between them, the result and what it stands for. */
export function DialView(props: DialViewProps) {
  const { dial, combined, figure, cursors, onTurn, onBitKey, onOperation, onShift } = props;
  const operand = (name: OperandName, text: string) => (
    <Operand
      name={name}
      bits={dial[name]}
      text={text}
      cursor={cursors?.[name] ?? 0}
      onTurn={onTurn && ((place) => onTurn(name, place))}
      onKey={onBitKey && ((place, event) => onBitKey(name, place, event))}
    />
  );
  return (
    <div className={css["dial"]}>
      <BitNumbers />
      {operand("a", combined.aText)}
      <fieldset className={css["operations"]}>
        <legend>Operation</legend>
        {(Object.keys(OPERATIONS) as Operation[]).map((name) => (
          <label key={name} title={OPERATIONS[name].says}>
            <input
              type="radio"
              name={`${figure}-operation`}
              value={name}
              aria-label={OPERATIONS[name].says}
              checked={name === dial.operation}
              readOnly={onOperation === undefined}
              onChange={onOperation && (() => onOperation(name))}
            />
            <code>{OPERATIONS[name].sign}</code>
          </label>
        ))}
      </fieldset>
      {isShift(dial.operation) ? (
        <div className={css["row"]}>
          <span className={css["name"]}>by</span>
          <label className={css["shift"]}>
            <input
              type="range"
              min={0}
              max={BIT_COUNT - 1}
              value={dial.shift}
              readOnly={onShift === undefined}
              aria-label="Bits to shift by"
              onChange={onShift && ((event) => onShift(event.currentTarget.valueAsNumber))}
            />
            {dial.shift} {dial.shift === 1 ? "bit" : "bits"}
          </label>
        </div>
      ) : (
        operand("b", combined.bText)
      )}
      <Result dial={dial} combined={combined} />
    </div>
  );
}

function BitNumbers() {
  return (
    <div className={`${css["row"]} ${css["numbers"]}`} aria-hidden="true">
      <span className={css["name"]}>bit</span>
      <span className={css["bits"]}>
        {BIT_NUMBERS.map((bit) => (
          <span key={bit} className={css["number"]}>
            {bit}
          </span>
        ))}
      </span>
    </div>
  );
}

/** From the highest. */
const BIT_NUMBERS = Array.from({ length: BIT_COUNT }, (_, place) => BIT_COUNT - 1 - place);

const WORDS: Readonly<Record<string, string>> = { "0": "0", "1": "1", x: "unknown" };

interface OperandProps {
  name: OperandName;
  bits: string;
  text: string;
  cursor: number;
  onTurn: ((place: number) => void) | undefined;
  onKey: ((place: number, event: KeyboardEvent) => void) | undefined;
}

function Operand({ name, bits, text, cursor, onTurn, onKey }: OperandProps) {
  return (
    <fieldset className={css["row"]}>
      <legend>Operand {name}: a click, Space, 0, 1 or X turns a bit; arrows move</legend>
      <span className={css["name"]}>{name}</span>
      <span className={css["bits"]}>
        {Array.from(bits, (bit, place) => {
          const number = BIT_COUNT - 1 - place;
          return (
            <button
              key={number}
              type="button"
              tabIndex={place === cursor ? 0 : -1}
              aria-label={`bit ${number} of ${name}: ${WORDS[bit]}`}
              data-bit={bit}
              onClick={onTurn && (() => onTurn(place))}
              onKeyDown={onKey && ((event) => onKey(place, event))}
            >
              {bit}
            </button>
          );
        })}
      </span>
      <code className={css["notation"]}>{text}</code>
    </fieldset>
  );
}

function Result({ dial, combined }: { dial: Dial; combined: Combined }) {
  const { result } = combined;
  const low = result.bits.slice(-BIT_COUNT);
  return (
    <div className={css["result"]}>
      <div className={css["row"]}>
        <span className={css["name"]}>=</span>
        <span
          className={css["bits"]}
          role="img"
          aria-label={`Low bits of the result: ${low.replaceAll("x", "?")}, with ? for unknown`}
        >
          {BIT_NUMBERS.map((number) => {
            const bit = result.bits.at(-1 - number);
            return (
              <span key={number} className={css["bit"]} data-bit={bit}>
                {bit}
              </span>
            );
          })}
        </span>
        <code className={css["notation"]}>{result.text}</code>
      </div>
      <p>{describeResult(dial, combined)}</p>
    </div>
  );
}

/** The result in words. */
export function describeResult(dial: Dial, { result }: Combined): string {
  const isOne = result.count === "1";
  const stands = isOne
    ? `One number: ${result.smallest}.`
    : `${result.count} numbers, from ${result.smallest} to ${result.largest}.`;
  return [stands, whatOccurs(dial, result.count), highBits(result.bits)]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

function whatOccurs(dial: Dial, count: string): string {
  const real = occurring(dial);
  if (real === undefined || count === "1") return "";
  if (String(real.count) === count) return "Each of them can really occur.";
  const which =
    real.count === 1
      ? `${real.smallest}`
      : `${real.count}, from ${real.smallest} to ${real.largest}`;
  return `Only ${which}, can really occur.`;
}

/** Bits 16 to 63, where they are not all 0. */
function highBits(bits: string): string {
  const high = bits.slice(0, -BIT_COUNT);
  const unknown = Array.from(high, (bit, place) => ({ bit, number: 63 - place }));
  const name = (wanted: string) => {
    const numbers = unknown.filter(({ bit }) => bit === wanted).map(({ number }) => number);
    const [last] = numbers;
    const first = numbers.at(-1);
    if (first === undefined) return "";
    return first === last ? `bit ${first}` : `bits ${first} to ${last}`;
  };
  const parts = [name("1") && `${name("1")} 1`, name("x") && `${name("x")} unknown`].filter(
    (part) => part !== "",
  );
  return parts.length === 0 ? "" : `Above: ${parts.join(", ")}.`;
}
