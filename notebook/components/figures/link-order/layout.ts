import type { LinkedFile } from "#notebook/document";

export const WIDTH = 840;
export const ROW = 22;
const BOX_WIDTH = 190;
const COLUMN = 315;
const GAP = 18;

export interface FileBox {
  readonly file: LinkedFile;
  /** Its place in the search, from 1. */
  readonly order: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FileLayout {
  readonly boxes: readonly FileBox[];
  readonly edges: readonly { readonly key: string; readonly d: string }[];
  readonly height: number;
}

/** The program at the left, what it needs beside it, and what these need behind. */
export function layoutFiles(files: readonly LinkedFile[]): FileLayout {
  const depths = new Map<string, number>();
  const ends: number[] = [];
  const boxes = files.map((file, at): FileBox => {
    const asker = files.find(({ needed }) => needed.includes(file.name));
    const depth = at === 0 ? 0 : asker === undefined ? 1 : (depths.get(asker.name) ?? 0) + 1;
    depths.set(file.name, depth);
    const y = ends[depth] ?? 0;
    const height = (1 + Math.max(1, file.defines.length)) * ROW;
    ends[depth] = y + height + GAP;
    return { file, order: at + 1, x: depth * COLUMN, y, width: BOX_WIDTH, height };
  });
  const byName = new Map(boxes.map((box) => [box.file.name, box]));
  const edges = boxes.flatMap((from) =>
    from.file.needed.flatMap((name) => {
      const to = byName.get(name);
      return to === undefined ? [] : [{ key: `${from.file.name} ${name}`, d: edge(from, to) }];
    }),
  );
  return { boxes, edges, height: Math.max(...boxes.map(({ y, height }) => y + height)) + 2 };
}

function edge(from: FileBox, to: FileBox): string {
  const x = from.x + from.width + 1;
  const end = to.x - 1;
  const bend = (end - x) / 2;
  const [y, toY] = [from.y + ROW / 2, to.y + ROW / 2];
  return `M${x} ${y}C${x + bend} ${y} ${end - bend} ${toY} ${end} ${toY}m-6-4l6 4-6 4`;
}
