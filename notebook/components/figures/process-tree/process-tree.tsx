import type { ProcessMoment, ProcessStory, TreeProcess } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./process-tree.module.css";

/** Parents and children at one moment after another, with Linux's letter for what each does. */
export function processTree(stories: readonly ProcessStory[]): SceneFigure {
  return {
    unit: "moment",
    choice: "Story",
    scenes: stories.map((story) => ({
      ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
      says: (position) => story.moments[position]?.says ?? "",
      draw: (position) => <Picture story={story} position={position} />,
    })),
  };
}

function Picture({ story, position }: { story: ProcessStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const before = story.moments[position - 1];
  const rows = Math.max(...story.moments.map(({ processes }) => processes.length));
  return (
    <div className={css["scroll"]} data-scroller>
      <table className={css["tree"]} data-rows={rows}>
        <thead>
          <tr>
            <th scope="col">process</th>
            <th scope="col">pid</th>
            <th scope="col">parent</th>
            <th scope="col">state</th>
            <th scope="col">why</th>
          </tr>
        </thead>
        <tbody>
          {moment.processes.map((process, place) => (
            <Row
              key={process.pid}
              process={process}
              rails={railsOf(moment, place)}
              before={before?.processes.find(({ pid }) => pid === process.pid)}
              isFirst={before === undefined}
            />
          ))}
          {Array.from({ length: rows - moment.processes.length }, (_, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows without anything in them
            <tr key={`none${place}`}>
              <td colSpan={5} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  process: TreeProcess;
  rails: readonly Rail[];
  before: TreeProcess | undefined;
  isFirst: boolean;
}

function Row({ process, rails, before, isFirst }: RowProps) {
  const { comm, pid, ppid, state, why } = process;
  const isNew = !isFirst && before === undefined;
  const mark = (isChanged: boolean) => (isNew || isChanged ? css["new"] : undefined);
  return (
    <tr data-state={state}>
      <th scope="row">
        {rails.map((rail, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one rail a level
          <i key={place} className={css[rail]} />
        ))}
        <span className={mark(false)}>{comm}</span>
      </th>
      <td>{pid}</td>
      <td>
        <span className={mark(before !== undefined && before.ppid !== ppid)}>{ppid}</span>
      </td>
      <td>
        <span className={mark(before !== undefined && before.state !== state)}>
          <b>{state}</b> {STATES[state]}
        </span>
      </td>
      <td>{why}</td>
    </tr>
  );
}

const STATES: Readonly<Record<string, string>> = {
  R: "running or ready",
  S: "sleeping",
  D: "sleeping deeply",
  T: "stopped",
  Z: "zombie",
};

type Rail = "none" | "through" | "branch" | "last";

/** The lines in front of a name, a level each. */
function railsOf({ processes }: ProcessMoment, place: number): Rail[] {
  const { depth } = processes[place] ?? { depth: 0 };
  const goesOn = (level: number) => {
    const next = processes.slice(place + 1).find((process) => process.depth <= level);
    return next?.depth === level;
  };
  return Array.from({ length: depth }, (_, at) => {
    const level = at + 1;
    if (level === depth) return goesOn(level) ? "branch" : "last";
    return goesOn(level) ? "through" : "none";
  });
}
