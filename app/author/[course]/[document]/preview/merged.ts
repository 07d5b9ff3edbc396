import type { RootContent } from "hast";
import type { Cell, FigureData, FigureName, LectureFrontMatter } from "#notebook/document";
import type { DraftBlock, ExercisePreview, LecturePreview } from "#server/content/preview";

export interface ShownBlock extends DraftBlock {
  readonly content: readonly RootContent[];
}

/** An answer together with what earlier ones brought. */
export interface Shown<T> {
  readonly answer: T;
  readonly blocks: readonly ShownBlock[];
  readonly figures: ReadonlyMap<FigureName, FigureData>;
  /** The last one that was right. */
  readonly frontMatter: LectureFrontMatter | undefined;
  /** Equal ones stay the same object, so that nothing is drawn again. */
  readonly cells: readonly Cell[];
  /** All that need not be sent again: hashes of blocks, names of figures. */
  readonly known: readonly string[];
  readonly contents: ReadonlyMap<string, readonly RootContent[]>;
}

/** So many blocks are remembered: taking something back shows it at once. */
const KEPT_MAX = 4000;

export function merged<T extends LecturePreview | ExercisePreview>(
  before: Shown<T> | undefined,
  answer: T,
): Shown<T> {
  const contents = new Map(before?.contents);
  for (const { hash, content } of answer.blocks) {
    // The same content stays the same object, too.
    if (content !== undefined && !contents.has(hash)) contents.set(hash, content);
  }
  for (const hash of contents.keys()) {
    if (contents.size <= KEPT_MAX) break;
    if (answer.blocks.every((block) => block.hash !== hash)) contents.delete(hash);
  }
  const figures = new Map(before?.figures);
  if (answer.kind === "lecture") for (const data of answer.figures) figures.set(data.name, data);
  const cells = answer.kind === "lecture" ? answer.cells : [];
  return {
    answer,
    blocks: answer.blocks.map((block) => ({ ...block, content: contents.get(block.hash) ?? [] })),
    figures,
    frontMatter: (answer.kind === "lecture" && answer.frontMatter) || before?.frontMatter,
    cells: kept(before?.cells, cells),
    known: [...contents.keys(), ...figures.keys()],
    contents,
  };
}

function kept(before: readonly Cell[] | undefined, cells: readonly Cell[]): readonly Cell[] {
  const old = new Map(before?.map((cell) => [cell.id, cell]));
  const next = cells.map((cell) => {
    const same = old.get(cell.id);
    return same !== undefined && JSON.stringify(same) === JSON.stringify(cell) ? same : cell;
  });
  const isSame =
    before?.length === next.length && next.every((cell, place) => cell === before[place]);
  return isSame && before !== undefined ? before : next;
}
