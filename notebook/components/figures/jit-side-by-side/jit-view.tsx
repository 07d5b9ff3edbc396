import type { JitComparison, JitProgram, JitRow } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { RunChoice } from "../run-choice.tsx";
import { Stepper } from "../stepper.tsx";
import css from "./jit.module.css";

interface StillProps {
  comparison: JitComparison;
  texts: FigureTexts;
}

/** The figure as the server draws it: the first program, and all of them as text. */
export function StillJit({ comparison, texts }: StillProps) {
  const [program] = comparison.programs;
  if (program === undefined) return null;
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit="line" position={0} count={program.rows.length} />}
      listing={<JitListing comparison={comparison} />}
    >
      <JitView comparison={comparison} program={program} position={0} figure={texts.id} />
    </FigureFrame>
  );
}

interface JitViewProps {
  comparison: JitComparison;
  program: JitProgram;
  position: number;
  /** The figure's id. */
  figure: string;
  onChoose?: ((id: string) => void) | undefined;
  onMove?: ((position: number) => void) | undefined;
}

/** One program: what was verified, what Linux makes of it, what we make of it, line by line. */
export function JitView(props: JitViewProps) {
  const { comparison, program, position, figure, onChoose, onMove } = props;
  const row = program.rows[position];
  if (row === undefined) return null;
  return (
    <>
      <RunChoice
        legend="Program"
        runs={comparison.programs}
        chosen={program.id}
        figure={figure}
        onChoose={onChoose}
      />
      <p className={css["hint"]}>
        {program.hint} {program.bytes.bpf} bytes of BPF, {program.bytes.native} of x86-64.
      </p>
      <table className={css["rows"]}>
        <thead>
          <tr>
            <th scope="col">BPF</th>
            <th scope="col">x86-64, recorded on {comparison.recordedOn}</th>
            <th scope="col">WebAssembly, from our compiler</th>
          </tr>
        </thead>
        <tbody>
          {program.rows.map((each, at) => (
            <Row
              key={each.slot ?? "entry"}
              row={each}
              isNow={at === position}
              onChoose={onMove && (() => onMove(at))}
            />
          ))}
        </tbody>
      </table>
      <p className={css["says"]}>
        <code>{row.bpf}</code>: {row.says}
      </p>
    </>
  );
}

interface RowProps {
  row: JitRow;
  isNow: boolean;
  onChoose?: (() => void) | undefined;
}

function Row({ row, isNow, onChoose }: RowProps) {
  return (
    <tr aria-current={isNow ? "step" : undefined} onClick={onChoose}>
      <th scope="row">
        <button type="button" tabIndex={-1}>
          <span className={css["slot"]}>{row.slot ?? ""}</span>
          {row.bpf}
        </button>
      </th>
      <td>
        {row.native.map(({ bytes, text }) => (
          <span key={`${bytes} ${text}`} className={css["native"]} title={bytes}>
            {text}
          </span>
        ))}
      </td>
      <td className={css["wasm"]}>{row.wasm.join("; ")}</td>
    </tr>
  );
}

/** A line in words. */
export function describeRow({ slot, bpf, native, says }: JitRow): string {
  const place = slot === undefined ? "On entry" : `Slot ${slot}, ${bpf}`;
  return `${place}: ${native.map(({ text }) => text).join("; ")}. ${says}`;
}

interface ListingProps extends Pick<JitViewProps, "comparison"> {
  current?: { readonly id: string; readonly position: number };
}

/** All programs, line by line, with the bytes. */
export function JitListing({ comparison, current }: ListingProps) {
  return comparison.programs.map((program) => (
    <section key={program.id} className={css["listing"]}>
      <p>
        <b>{program.title}.</b> {program.hint}
      </p>
      <ol>
        {program.rows.map((row, at) => (
          <li
            key={row.slot ?? "entry"}
            aria-current={
              program.id === current?.id && at === current.position ? "step" : undefined
            }
          >
            {describeRow(row)}{" "}
            <code>
              {row.native.map(({ bytes }) => bytes).join(" | ")} – {row.wasm.join("; ")}
            </code>
          </li>
        ))}
      </ol>
    </section>
  ));
}
