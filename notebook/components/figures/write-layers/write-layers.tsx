import type { LayerId, WriteLayers } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./layers.module.css";

const LAYERS: readonly { readonly id: LayerId; readonly title: string; readonly who: string }[] = [
  { id: "program", title: "application", who: "end user" },
  { id: "library", title: "library", who: "programmer" },
  { id: "call", title: "system call", who: "programmer" },
  { id: "files", title: "file system", who: "system designer" },
  { id: "driver", title: "driver", who: "system designer" },
  { id: "device", title: "device", who: "hardware" },
];

/** One write() on its way down and back, as the simulator's trace has it. */
export function writeLayers({ steps }: WriteLayers): SceneFigure {
  return {
    unit: "step",
    choice: "Write",
    scenes: [
      {
        id: "write",
        title: "five bytes",
        hint: "Each layer speaks the language of the one below it. The double line is the boundary between user mode and kernel mode.",
        count: steps.length,
        says: (position) => {
          const step = steps[position];
          return step === undefined ? "" : `${at(step.ns)}: ${step.says}`;
        },
        draw: (position) => <Picture steps={steps} position={position} />,
      },
    ],
  };
}

function Picture({ steps, position }: WriteLayers & { position: number }) {
  const current = steps[position];
  return (
    <ol className={css["layers"]}>
      {LAYERS.map(({ id, title, who }) => {
        const words = steps.slice(0, position + 1).filter(({ layer }) => layer === id);
        const last = words.at(-1);
        return (
          <li
            key={id}
            data-layer={id}
            data-lit={current?.layer === id}
            data-reached={words.length > 0}
          >
            <b>{title}</b>
            <code>{last?.text ?? ""}</code>
            <span>{last === undefined ? "" : at(last.ns)}</span>
            <small>{who}</small>
          </li>
        );
      })}
    </ol>
  );
}

function at(ns: number): string {
  return ns < 1000 ? `${ns} ns` : `${(ns / 1000).toFixed(1)} µs`;
}
