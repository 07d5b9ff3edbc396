import type { PipeEnd, PipeStory } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./pipe-gauge.module.css";

const KIB = 1024;
const WIDTH = 840;
const TANK = { x: 220, y: 22, width: 400, height: 40 };
const CHART = { x: 44, y: 112, width: 780, height: 88 };

/** How full a pipe is, what its two ends do, and how that went over the time. */
export function pipeGauge(stories: readonly PipeStory[]): SceneFigure {
  return {
    unit: "event",
    choice: "Pipe",
    scenes: stories.map((story) => ({
      ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
      says: (position) => describe(story, position),
      draw: (position) => <Picture story={story} position={position} />,
    })),
  };
}

function describe({ moments }: PipeStory, position: number): string {
  const moment = moments[position];
  return moment === undefined ? "" : `${ms(moment.timeNs)} ms. ${moment.says}`;
}

function ms(ns: number): string {
  return (ns / 1_000_000).toFixed(2);
}

function Picture({ story, position }: { story: PipeStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const { capacity } = story;
  const filled = (moment.level / capacity) * TANK.width;
  return (
    <div className={css["scroll"]} data-scroller>
      <svg className={css["picture"]} viewBox={`0 0 ${WIDTH} 226`}>
        <title>{describe(story, position)}</title>
        <End end={moment.writer} which="writer" x={0} />
        <End end={moment.reader} which="reader" x={660} />
        <path className={css["arrow"]} d={`M${TANK.x - 32} 42h26m-6-4l6 4-6 4`} />
        <path className={css["arrow"]} d={`M${TANK.x + TANK.width + 6} 42h26m-6-4l6 4-6 4`} />
        <rect className={css["fill"]} {...TANK} x={TANK.x + TANK.width - filled} width={filled} />
        {Array.from({ length: 17 }, (_, n) => {
          const x = TANK.x + (n * TANK.width) / 16 + 0.5;
          return <path key={x} className={css["slot"]} d={`M${x} ${TANK.y}v${TANK.height}`} />;
        })}
        <rect className={css["tank"]} {...TANK} />
        <text x={TANK.x} y={14}>
          the pipe, {capacity / KIB} KiB in 16 buffers
        </text>
        <text className={css["level"]} x={TANK.x + TANK.width} y={14} textAnchor="end">
          {moment.level / KIB} KiB
        </text>
        <Chart story={story} position={position} />
      </svg>
    </div>
  );
}

function End({ end, which, x }: { end: PipeEnd; which: string; x: number }) {
  return (
    <g data-state={end.state}>
      <text x={x} y={14}>
        {which}
      </text>
      <rect className={css["end"]} x={x + 0.5} y={TANK.y + 0.5} width={178} height={40} />
      <text className={css["comm"]} x={x + 10} y={TANK.y + 17}>
        {end.comm}
      </text>
      <text className={css["does"]} x={x + 10} y={TANK.y + 33}>
        {end.state}, {end.does}
      </text>
    </g>
  );
}

/** Bytes over time, and a bar under it for each end where it sleeps. */
function Chart({ story, position }: { story: PipeStory; position: number }) {
  const { moments, capacity } = story;
  const total = moments.at(-1)?.timeNs ?? 1;
  const x = (ns: number) => round(CHART.x + (ns / total) * CHART.width);
  const y = (level: number) => round(CHART.y + CHART.height * (1 - level / capacity));
  const line = moments
    .map(({ timeNs, level }, at) =>
      at === 0 ? `M${x(timeNs)} ${y(level)}` : `H${x(timeNs)}V${y(level)}`,
    )
    .join("");
  const now = x(moments[position]?.timeNs ?? 0);
  return (
    <g>
      <path className={css["axis"]} d={`M${CHART.x} ${CHART.y}v${CHART.height}h${CHART.width}`} />
      <text x={CHART.x - 6} y={CHART.y + 4} textAnchor="end">
        {capacity / KIB}
      </text>
      <text x={CHART.x - 6} y={CHART.y + CHART.height} textAnchor="end">
        0
      </text>
      <text x={CHART.x} y={CHART.y - 10}>
        KiB in the pipe
      </text>
      <text x={CHART.x + CHART.width} y={CHART.y - 10} textAnchor="end">
        bar above: the writer sleeps, below: the reader
      </text>
      <text x={CHART.x + CHART.width} y={CHART.y + CHART.height + 18} textAnchor="end">
        {ms(total)} ms
      </text>
      {moments.map(({ timeNs, writer, reader }, at) => {
        const to = moments[at + 1]?.timeNs ?? timeNs;
        const who = writer.state === "S" ? "writer" : reader.state === "S" ? "reader" : undefined;
        if (who === undefined || to === timeNs) return null;
        return (
          <rect
            key={timeNs}
            className={css["blocked"]}
            x={x(timeNs)}
            y={who === "writer" ? CHART.y - 6 : CHART.y + CHART.height + 1}
            width={round(x(to) - x(timeNs))}
            height={5}
          />
        );
      })}
      <path className={css["line"]} d={line} />
      <path className={css["now"]} d={`M${now} ${CHART.y - 8}v${CHART.height + 16}`} />
    </g>
  );
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
