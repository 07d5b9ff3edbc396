import type { StateMoment, StateStory, WheelState } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./state-wheel.module.css";
import { BOX, BOXES, WAYS } from "./wheel-layout.ts";

/** One dot for each task, in the state that the trace says. */
export function stateWheel(stories: readonly StateStory[]): SceneFigure {
  return {
    unit: "event",
    choice: "Machine",
    scenes: stories.map((story) => ({
      ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
      says: (position) => story.moments[position]?.says ?? "",
      draw: (position) => <Picture story={story} position={position} />,
    })),
  };
}

function Picture({ story, position }: { story: StateStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const moved = story.tasks.findIndex(({ pid }) => pid === moment.pid);
  const from = story.moments[position - 1]?.states[moved];
  return (
    <div className={css["scroll"]} data-scroller>
      <svg
        className={css["wheel"]}
        viewBox="0 0 644 336"
        role="img"
        aria-label={wordsOf(story, moment)}
      >
        <defs>
          <marker
            id="wheel-tip"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
          <marker
            id="wheel-tip-now"
            className={css["tipNow"]}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="5"
            markerHeight="5"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {WAYS.map((way) => {
          const isNow = way.from === from && way.to === moment.states[moved];
          return (
            <path
              key={way.d}
              className={css["way"]}
              data-now={isNow || undefined}
              d={way.d}
              markerEnd={isNow ? "url(#wheel-tip-now)" : "url(#wheel-tip)"}
            />
          );
        })}
        {BOXES.map((box) => (
          <g key={box.state} data-state={box.state}>
            <rect
              className={css["box"]}
              x={box.x}
              y={box.y}
              width={BOX.width}
              height={BOX.height}
            />
            <text className={css["name"]} x={box.x + 8} y={box.y + 17}>
              {box.says}
            </text>
            <text className={css["linux"]} x={box.x + 8} y={box.y + 31}>
              {box.linux}
            </text>
            <Dots story={story} moment={moment} state={box.state} x={box.x + 18} y={box.y + 52} />
          </g>
        ))}
      </svg>
      <ul className={css["tasks"]}>
        {story.tasks.map(({ pid, comm }, place) => (
          <li key={pid} data-moved={place === moved || undefined}>
            <b>{place + 1}</b> {comm} ({pid}): {moment.states[place] ?? "not born yet"}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface DotsProps {
  story: StateStory;
  moment: StateMoment;
  state: WheelState;
  x: number;
  y: number;
}

function Dots({ story, moment, state, x, y }: DotsProps) {
  const here = story.tasks
    .map((task, place) => ({ ...task, place }))
    .filter(({ place }) => moment.states[place] === state);
  return here.map(({ pid, place }, at) => (
    <g key={pid} data-moved={pid === moment.pid || undefined} className={css["dot"]}>
      <circle cx={x + at * 26} cy={y} r={11} />
      <text x={x + at * 26} y={y + 4} textAnchor="middle">
        {place + 1}
      </text>
    </g>
  ));
}

function wordsOf(story: StateStory, moment: StateMoment): string {
  return story.tasks
    .map(({ comm }, place) => `${comm}: ${moment.states[place] ?? "not born yet"}`)
    .join(", ");
}
