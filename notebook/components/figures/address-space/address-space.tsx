import type { AddressMoment, AddressRegion, AddressSpace, AddressStory } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./address-space.module.css";

/** Address spaces drawn page by page, at one moment after another. */
export function addressSpace(stories: readonly AddressStory[]): SceneFigure {
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

const KINDS = {
  "-": "not there",
  r: "there for reading",
  s: "there for reading, and shared with others",
  w: "there for writing",
} as const;

/** So few pages have room for their frames' numbers. */
const FRAMES_SHOWN = 4;

function Picture({ story, position }: { story: AddressStory; position: number }) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const before = story.moments[position - 1];
  return (
    <div className={css["picture"]}>
      {moment.spaces.map((space) => (
        <Space key={space.pid} space={space} before={spaceIn(before, space.pid)} />
      ))}
      <ul className={css["legend"]} aria-label="Signs">
        {(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => (
          <li key={kind}>
            <b data-page={kind}>{kind === "-" ? "" : kind}</b> {KINDS[kind]}
          </li>
        ))}
      </ul>
    </div>
  );
}

function spaceIn(moment: AddressMoment | undefined, pid: number): AddressSpace | undefined {
  return moment?.spaces.find((space) => space.pid === pid);
}

function Space({ space, before }: { space: AddressSpace; before: AddressSpace | undefined }) {
  return (
    <section>
      <h4>
        {space.comm}, pid {space.pid}
      </h4>
      {space.regions.map((region) => (
        <Region
          key={region.start}
          region={region}
          before={before?.regions.find(({ start }) => start === region.start)}
        />
      ))}
    </section>
  );
}

interface RegionProps {
  region: AddressRegion;
  before: AddressRegion | undefined;
}

function Region({ region, before }: RegionProps) {
  const { start, perms, name, pages, frames } = region;
  const hasFrames = pages.length <= FRAMES_SHOWN && name === "";
  return (
    <div className={css["region"]}>
      <code>{start.toString(16)}</code>
      <code>{perms}</code>
      <span>{name === "" ? "anonymous" : name}</span>
      <div
        className={css["pages"]}
        role="img"
        aria-label={`${pages.length} pages, ${countOf(pages)}`}
        data-frames={hasFrames || undefined}
      >
        {[...pages].map((kind, place) => (
          <b
            // biome-ignore lint/suspicious/noArrayIndexKey: pages by their place
            key={place}
            data-page={kind}
            data-new={
              (before !== undefined &&
                (before.pages[place] !== kind || before.frames[place] !== frames[place])) ||
              undefined
            }
          >
            {kind === "-" ? "" : kind}
            {hasFrames && frames[place] !== undefined && <small>{frames[place]}</small>}
          </b>
        ))}
      </div>
    </div>
  );
}

function countOf(pages: string): string {
  const there = [...pages].filter((kind) => kind !== "-").length;
  return there === 0 ? "none of them there" : `${there} of them there`;
}
