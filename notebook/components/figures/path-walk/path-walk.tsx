import type { PathMoment, PathStory, TreeName } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./path-walk.module.css";

/** A path, the part of the tree that it leads through, and where the walk stands. */
export function pathWalk(stories: readonly PathStory[]): SceneFigure {
  return {
    unit: "step",
    choice: "Walk",
    scenes: stories.map((story) => ({
      ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
      says: (position) => describe(story, position),
      draw: (position) => <Picture story={story} position={position} />,
    })),
  };
}

function describe({ moments, path, answer }: PathStory, position: number): string {
  const says = moments[position]?.says ?? "";
  if (position < moments.length - 1) return says;
  const end =
    answer === "0" ? `open("${path}") finds the file.` : `open("${path}") answers ${answer}.`;
  return `${says} ${end}`;
}

function Picture({ story, position }: { story: PathStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const been = new Set(story.moments.slice(0, position + 1).map(({ at }) => at));
  return (
    <div className={css["panes"]}>
      <div>
        <p className={css["path"]}>
          <span className={css["walked"]}>{moment.at === "/" ? "/" : `${moment.at}/`}</span>
          <span className={css["left"]}>{moment.remaining}</span>
        </p>
        <div className={css["scroll"]} data-scroller>
          <table className={css["tree"]}>
            <thead>
              <tr>
                <th scope="col">name</th>
                <th scope="col">inode</th>
                <th scope="col">mode</th>
                <th scope="col">owner</th>
              </tr>
            </thead>
            <tbody>
              {story.tree.map((name) => (
                <Name key={name.path} name={name} at={moment.at} hasBeen={been.has(name.path)} />
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <Facts story={story} moment={moment} position={position} />
    </div>
  );
}

function Name({ name, at, hasBeen }: { name: TreeName; at: string; hasBeen: boolean }) {
  const { path, depth, ino, mode, owner, target, mounted } = name;
  return (
    <tr data-mounted={mounted !== undefined} data-been={hasBeen}>
      <th scope="row" aria-current={path === at ? "location" : undefined}>
        <span className={css["indent"]} data-depth={depth}>
          {name.name}
          {target !== undefined && <i> to {target}</i>}
          {mounted !== undefined && <i> {mounted} mounted here</i>}
        </span>
      </th>
      <td>{ino}</td>
      <td>{mode}</td>
      <td>{owner}</td>
    </tr>
  );
}

function Facts({
  story,
  moment,
  position,
}: {
  story: PathStory;
  moment: PathMoment;
  position: number;
}) {
  const before = story.moments[position - 1];
  const mark = (isChanged: boolean) => (isChanged ? css["new"] : undefined);
  return (
    <dl className={css["facts"]}>
      <dt>looked up</dt>
      <dd>
        <code>{moment.component}</code>
      </dd>
      <dt>stands at</dt>
      <dd>
        <code className={mark(before !== undefined && before.at !== moment.at)}>{moment.at}</code>
      </dd>
      <dt>mount</dt>
      <dd>
        <span className={mark(before !== undefined && before.mount !== moment.mount)}>
          {moment.mount === 1 ? "the root file system" : "the one mounted on /mnt"}
        </span>
      </dd>
      <dt>links followed</dt>
      <dd>
        <span className={mark(before !== undefined && before.links !== moment.links)}>
          {moment.links} of at most 40
        </span>
      </dd>
      <dt>error</dt>
      <dd>{moment.error === "" ? "none" : <b className={css["error"]}>{moment.error}</b>}</dd>
    </dl>
  );
}
