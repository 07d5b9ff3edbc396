import type { ReactNode } from "react";
import type { RegisterRun, RegisterStep } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./register-panel.module.css";

/** What the processor holds for a program, before each of its instructions. */
export function registerPanel(runs: readonly RegisterRun[]): SceneFigure {
  return {
    unit: "step",
    choice: "Program",
    scenes: runs.map((run) => ({
      ...{ id: run.id, title: run.title, hint: run.hint, count: run.steps.length },
      says: (position) => {
        const step = run.steps[position];
        return step === undefined ? "" : `${step.says} ${changesOf(run, position)}`;
      },
      draw: (position) => <Picture run={run} position={position} />,
    })),
  };
}

const GENERAL = ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp"] as const;
const FLAGS = [
  [0, "CF", "carry"],
  [2, "PF", "even parity"],
  [6, "ZF", "zero"],
  [7, "SF", "negative"],
  [8, "TF", "single step"],
  [9, "IF", "interrupts allowed"],
  [10, "DF", "downwards"],
  [11, "OF", "overflow"],
] as const;

function Picture({ run, position }: { run: RegisterRun; position: number }) {
  const step = run.steps[position];
  if (step === undefined) return null;
  const before = run.steps[position - 1] ?? step;
  return (
    <div className={css["panes"]}>
      <ol className={css["program"]} aria-label="Program">
        {run.program.map(({ address, text, label }) => (
          <li
            key={address}
            data-chosen={address === step.at || undefined}
            aria-current={address === step.at ? "step" : undefined}
          >
            <code>
              {label !== undefined && <i>{label}:</i>}
              <span>{address.toString(16)}</span> {text}
            </code>
          </li>
        ))}
      </ol>
      <div className={css["registers"]}>
        <Group name="where">
          <Word name="eip" value={step.eip} before={before.eip} />
          <Word name="esp" value={step.esp} before={before.esp} />
        </Group>
        <Group name="general registers">
          {GENERAL.map((name) => (
            <Word key={name} name={name} value={step[name]} before={before[name]} />
          ))}
        </Group>
        <Group name="status word, eflags">
          <Word name="eflags" value={step.eflags} before={before.eflags} />
          <div className={css["flags"]}>
            {FLAGS.map(([bit, name, says]) => (
              <Flag key={name} name={name} says={says} step={step} before={before} bit={bit} />
            ))}
          </div>
        </Group>
        <Group name="memory management and mode">
          <Word name="cr3" value={run.cr3} before={run.cr3} />
          <div className={css["word"]}>
            <dt>cs</dt>
            <dd>
              0x{step.cs.toString(16)}, level <b>{step.cpl}</b>
            </dd>
          </div>
        </Group>
      </div>
    </div>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section>
      <h4>{name}</h4>
      <dl>{children}</dl>
    </section>
  );
}

function Word({ name, value, before }: { name: string; value: number; before: number }) {
  return (
    <div className={css["word"]}>
      <dt>{name}</dt>
      <dd>
        <span className={value === before ? undefined : css["new"]}>{hex(value)}</span>
      </dd>
    </div>
  );
}

interface FlagProps {
  name: string;
  says: string;
  bit: number;
  step: RegisterStep;
  before: RegisterStep;
}

function Flag({ name, says, bit, step, before }: FlagProps) {
  const isSet = ((step.eflags >> bit) & 1) === 1;
  const isNew = ((before.eflags >> bit) & 1) !== ((step.eflags >> bit) & 1);
  return (
    <div data-set={isSet || undefined} className={isNew ? css["new"] : undefined} title={says}>
      <dt>{name}</dt>
      <dd>{isSet ? 1 : 0}</dd>
    </div>
  );
}

/** What this step has changed, in words. */
function changesOf(run: RegisterRun, position: number): string {
  const [step, before] = [run.steps[position], run.steps[position - 1]];
  if (step === undefined || before === undefined || step.isEnd) return "";
  const names = ["eip", "esp", ...GENERAL] as const;
  const changed = names
    .filter((name) => step[name] !== before[name])
    .map((name) => `${name} is ${hex(step[name])}`);
  const flags = FLAGS.filter(([bit]) => ((step.eflags ^ before.eflags) >> bit) & 1).map(
    ([bit, name]) => `${name} is ${(step.eflags >> bit) & 1}`,
  );
  return `Now ${[...changed, ...flags].join(", ")}.`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
