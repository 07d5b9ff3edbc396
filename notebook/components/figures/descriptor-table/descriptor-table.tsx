import type { DescriptorMoment, DescriptorStory } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./descriptor-table.module.css";
import {
  changes,
  type DescriptorLayout,
  FILE_HEIGHT,
  type FileBox,
  holders,
  type InodeBox,
  layoutDescriptors,
  ROW,
  type TableBox,
  WIDTH,
} from "./layout.ts";

const TABLE_WIDTH = 196;
const FILE_X = 300;
const FILE_WIDTH = 264;
const INODE_X = 664;

/** Processes, their descriptors, the open files that these point to, and the inodes behind. */
export function descriptorTable(stories: readonly DescriptorStory[]): SceneFigure {
  return {
    unit: "call",
    choice: "Program",
    scenes: stories.map((story) => {
      const layout = layoutDescriptors(story);
      return {
        ...{ id: story.id, title: story.title, hint: story.hint, count: story.moments.length },
        says: (position) => describe(story.moments[position]),
        draw: (position) => <Picture story={story} layout={layout} position={position} />,
      };
    }),
  };
}

function describe(moment: DescriptorMoment | undefined): string {
  if (moment === undefined) return "";
  const { call, pid, says } = moment;
  return call === "" ? says : `${call} in process ${pid}. ${says}`;
}

interface PictureProps {
  story: DescriptorStory;
  layout: DescriptorLayout;
  position: number;
}

function Picture({ story, layout, position }: PictureProps) {
  const moment = story.moments[position];
  if (moment === undefined) return null;
  const changed = changes(story.moments[position - 1], moment);
  return (
    <div className={css["scroll"]} data-scroller>
      <svg className={css["picture"]} viewBox={`0 0 ${WIDTH} ${layout.height}`}>
        <title>{inWords(moment)}</title>
        <text className={css["head"]} y={14}>
          descriptor tables
        </text>
        <text className={css["head"]} x={FILE_X} y={14}>
          open files
        </text>
        <text className={css["head"]} x={INODE_X} y={14}>
          inodes
        </text>
        <Arrows moment={moment} layout={layout} />
        {layout.tables.map((box) => (
          <Table key={box.pid} box={box} moment={moment} changed={changed} />
        ))}
        {layout.files.map((box) => (
          <OpenFileBox
            key={box.id}
            box={box}
            moment={moment}
            isNew={changed.has(`file ${box.id}`)}
          />
        ))}
        {layout.inodes.map((box) => (
          <Inode key={box.ino} box={box} moment={moment} />
        ))}
      </svg>
    </div>
  );
}

function Table({
  box,
  moment,
  changed,
}: {
  box: TableBox;
  moment: DescriptorMoment;
  changed: ReadonlySet<string>;
}) {
  const process = moment.processes.find(({ pid }) => pid === box.pid);
  if (process === undefined) return null;
  return (
    <g>
      <text className={css["name"]} y={box.y + 15} data-acts={moment.pid === box.pid}>
        {process.comm}, pid {box.pid}
      </text>
      {box.fds.map((fd, place) => {
        const y = box.y + (place + 1) * ROW;
        const isOpen = process.descriptors.some((entry) => entry.fd === fd);
        return (
          <g key={fd} data-open={isOpen}>
            <rect
              className={css["slot"]}
              data-new={changed.has(`${box.pid}:${fd}`)}
              x={0.5}
              y={y + 0.5}
              width={TABLE_WIDTH}
              height={ROW}
            />
            <text className={css["code"]} x={8} y={y + 15}>
              {fd}
            </text>
            <text className={css["note"]} x={36} y={y + 15}>
              {isOpen ? (STANDARD[fd] ?? "") : "free"}
            </text>
          </g>
        );
      })}
    </g>
  );
}

const STANDARD: Readonly<Record<number, string>> = {
  0: "standard input",
  1: "standard output",
  2: "standard error",
};

function OpenFileBox({
  box,
  moment,
  isNew,
}: {
  box: FileBox;
  moment: DescriptorMoment;
  isNew: boolean;
}) {
  const file = moment.openFiles.find(({ id }) => id === box.id);
  if (file === undefined) return null;
  const count = holders(moment, box.id);
  return (
    <g>
      <rect
        className={css["file"]}
        data-new={isNew}
        x={FILE_X + 0.5}
        y={box.y + 0.5}
        width={FILE_WIDTH}
        height={FILE_HEIGHT}
      />
      <text className={css["code"]} x={FILE_X + 8} y={box.y + 17}>
        offset {file.pos}
      </text>
      <text className={css["note"]} x={FILE_X + FILE_WIDTH - 8} y={box.y + 17} textAnchor="end">
        {count} {count === 1 ? "descriptor" : "descriptors"}
      </text>
      <text className={css["flags"]} x={FILE_X + 8} y={box.y + 35}>
        {file.flags}
      </text>
    </g>
  );
}

function Inode({ box, moment }: { box: InodeBox; moment: DescriptorMoment }) {
  if (!moment.openFiles.some(({ ino }) => ino === box.ino)) return null;
  return (
    <g>
      <rect
        className={css["file"]}
        x={INODE_X + 0.5}
        y={box.y + 0.5}
        width={WIDTH - INODE_X - 1}
        height={FILE_HEIGHT}
      />
      <text className={css["code"]} x={INODE_X + 8} y={box.y + 17}>
        {box.path}
      </text>
      <text className={css["note"]} x={INODE_X + 8} y={box.y + 35}>
        inode {box.ino}
      </text>
    </g>
  );
}

function Arrows({ moment, layout }: { moment: DescriptorMoment; layout: DescriptorLayout }) {
  const files = new Map(layout.files.map(({ id, y }) => [id, y + FILE_HEIGHT / 2]));
  const inodes = new Map(layout.inodes.map(({ ino, y }) => [ino, y + FILE_HEIGHT / 2]));
  const arrows = layout.tables.flatMap(({ pid, y, fds }) => {
    const entries = moment.processes.find((process) => process.pid === pid)?.descriptors ?? [];
    return entries.map(({ fd, openFile }) => {
      const from = y + (fds.indexOf(fd) + 1.5) * ROW;
      return {
        key: `${pid}:${fd}`,
        d: curve(TABLE_WIDTH + 1, from, FILE_X, files.get(openFile) ?? 0),
      };
    });
  });
  for (const { id, ino } of moment.openFiles) {
    const from = files.get(id) ?? 0;
    arrows.push({
      key: `i${id}`,
      d: curve(FILE_X + FILE_WIDTH + 1, from, INODE_X, inodes.get(ino) ?? 0),
    });
  }
  return arrows.map(({ key, d }) => <path key={key} className={css["arrow"]} d={d} />);
}

/** From one box to another, with a point at its end. */
function curve(x: number, y: number, toX: number, toY: number): string {
  const end = toX - 1;
  const bend = (end - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${end - bend} ${toY} ${end} ${toY}m-6-4l6 4-6 4`;
}

function inWords({ processes, openFiles }: DescriptorMoment): string {
  return processes
    .map(({ pid, comm, descriptors }) => {
      const entries = descriptors.map(({ fd, openFile }) => {
        const file = openFiles.find(({ id }) => id === openFile);
        return `${fd} to ${file?.path ?? ""} at ${file?.pos ?? 0}`;
      });
      return `${comm}, pid ${pid}: ${entries.join(", ")}`;
    })
    .join(". ");
}
