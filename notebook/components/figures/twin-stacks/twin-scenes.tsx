import type { TwinRun, TwinStep } from "#notebook/document";
import { hex } from "../int80-steps/entry-state.ts";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./twin-stacks.module.css";

/** An overflow with one stack and with two. */
export function twinScenes(runs: readonly TwinRun[]): SceneFigure {
  return {
    unit: "instruction",
    choice: "Run",
    scenes: runs.map((run) => ({
      id: run.id,
      title: run.title,
      hint: run.hint,
      count: run.steps.length,
      says: (position) => run.steps[position]?.says ?? "",
      draw: (position) => <TwinView run={run} position={position} />,
    })),
  };
}

function TwinView({ run, position }: { run: TwinRun; position: number }) {
  const step = run.steps[position];
  if (step === undefined) return null;
  const before = run.steps[position - 1];
  return (
    <div className={css["panes"]}>
      <ol className={css["code"]} data-scroller>
        {run.program.map(({ address, text, label }) => (
          <li key={address} aria-current={address === step.address ? "step" : undefined}>
            {label !== "" && <b>{label}:</b>}
            <span>{text}</span>
          </li>
        ))}
      </ol>
      <div className={css["stacks"]}>
        <Words
          title="the stack"
          addresses={run.stack}
          words={step.words}
          before={before?.words}
          pointer={step.sp}
          run={run}
        />
        {run.shadow.length > 0 && (
          <Words
            title="the shadow stack"
            addresses={run.shadow}
            words={step.shadowWords}
            before={before?.shadowWords}
            pointer={step.ssp}
            run={run}
          />
        )}
        <Verdict step={step} />
      </div>
    </div>
  );
}

interface WordsProps {
  title: string;
  addresses: readonly number[];
  words: readonly number[];
  before: readonly number[] | undefined;
  pointer: number;
  run: TwinRun;
}

function Words({ title, addresses, words, before, pointer, run }: WordsProps) {
  return (
    <table className={css["words"]}>
      <caption>{title}</caption>
      <tbody>
        {addresses.map((address, place) => {
          const word = words[place] ?? 0;
          return (
            <tr
              key={address}
              data-changed={before !== undefined && before[place] !== word}
              data-live={address >= pointer}
              data-top={address === pointer}
            >
              <th scope="row">{hex(address).slice(-3)}</th>
              <td>{hex(word)}</td>
              <td>{meaning(run, word)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What a word stands for, if it is an address of the program or text. */
function meaning(run: TwinRun, word: number): string {
  if (word === 0x41414141) return "AAAA";
  if (word === 0x42424242) return "BBBB";
  const place = run.program.findIndex(({ address }) => address === word);
  if (place < 0) return "";
  const label = run.program.slice(0, place + 1).findLast((one) => one.label !== "")?.label ?? "";
  return run.program[place]?.label === label ? label : `in ${label}`;
}

function Verdict({ step }: { step: TwinStep }) {
  if (step.isEqual === undefined) return <p className={css["verdict"]} />;
  return (
    <p className={css["verdict"]} data-equal={step.isEqual}>
      {step.isEqual ? "Compared: equal" : "Compared: they differ, #CP"}
    </p>
  );
}
