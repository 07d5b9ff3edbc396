import type { LinkedFile, LinkMoment, LinkStory } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import { type FileBox, layoutFiles, ROW, WIDTH } from "./layout.ts";
import css from "./link-order.module.css";

/** A program and its libraries, in the order in which the dynamic linker loads and searches them. */
export function linkOrder(stories: readonly LinkStory[]): SceneFigure {
  return {
    unit: "step",
    choice: "Program",
    scenes: stories.map((story) => ({
      ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
      says: (position) => story.moments[position]?.says ?? "",
      draw: (position) => <Picture story={story} position={position} />,
    })),
  };
}

function Picture({ story, position }: { story: LinkStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const { boxes, edges, height } = layoutFiles(story.files);
  return (
    <>
      <p className={css["command"]}>
        <code>{story.command}</code>
      </p>
      <div className={css["scroll"]} data-scroller>
        <svg className={css["picture"]} viewBox={`0 0 ${WIDTH} ${height}`}>
          <title>{inWords(story.files)}</title>
          {edges.map(({ key, d }) => (
            <path key={key} className={css["edge"]} d={d} />
          ))}
          {boxes.map((box) => (
            <File key={box.file.name} box={box} moment={moment} />
          ))}
        </svg>
      </div>
      <Bindings story={story} moment={moment} />
    </>
  );
}

function File({ box, moment }: { box: FileBox; moment: LinkMoment }) {
  const { file, order, x, y, width, height } = box;
  const state = order > moment.loaded ? "later" : file.name === moment.file ? moment.kind : "there";
  const word = { miss: "no", found: "found", load: "loaded" }[state as "miss" | "found" | "load"];
  return (
    <g data-state={state}>
      <rect className={css["box"]} x={x + 0.5} y={y + 0.5} width={width} height={height} />
      <rect className={css["head"]} x={x + 0.5} y={y + 0.5} width={width} height={ROW} />
      <text className={css["name"]} x={x + 8} y={y + 16}>
        {order} {file.name}
      </text>
      {word !== undefined && (
        <text className={css["word"]} x={x + width - 8} y={y + 16} textAnchor="end">
          {word}
        </text>
      )}
      {file.defines.map((symbol, place) => {
        const plain = symbol.replace(/[()]/g, "");
        return (
          <text
            key={symbol}
            className={css["symbol"]}
            data-wanted={plain === moment.symbol}
            x={x + 8}
            y={y + ROW + 16 + place * ROW}
          >
            {plain}(){plain === symbol ? "" : " weak"}
          </text>
        );
      })}
    </g>
  );
}

function Bindings({ story, moment }: { story: LinkStory; moment: LinkMoment }) {
  const all = story.moments.at(-1)?.bound ?? [];
  return (
    <table className={css["bound"]}>
      <thead>
        <tr>
          <th scope="col">call</th>
          <th scope="col">in</th>
          <th scope="col">bound to</th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ symbol, from, to }, place) => {
          const isBound = place < moment.bound.length;
          const isWanted = moment.symbol === symbol && moment.from === from;
          return (
            <tr key={`${from} ${symbol}`} data-bound={isBound}>
              <th scope="row" aria-current={isWanted ? "step" : undefined}>
                {symbol}()
              </th>
              <td>{from}</td>
              <td>{isBound ? to : "not yet"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function inWords(files: readonly LinkedFile[]): string {
  return files
    .map(({ name, needed, defines }, at) => {
      const needs = needed.length === 0 ? "" : `, needs ${needed.join(", ")}`;
      const has = defines.length === 0 ? "" : `, defines ${defines.join(", ")}`;
      return `${at + 1}: ${name}${needs}${has}`;
    })
    .join(". ");
}
