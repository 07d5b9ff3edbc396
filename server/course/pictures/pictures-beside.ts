/** The pictures that lie beside a lecture's text. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LecturePicture } from "#notebook/document";
import { hashOf } from "../../content/tree.ts";
import { stampOf } from "../course-files.ts";
import { lengthProblem, PICTURES, type PictureReading, readPicture } from "./picture-file.ts";

export interface PictureBeside {
  readonly reading: PictureReading;
  /** Changes when the file does. */
  readonly version: string;
}

/** By the file's name in `pictures/`. */
export type PicturesBeside = ReadonlyMap<string, PictureBeside>;

/** Their files with what tells whether one has changed; none without the folder. */
export function pictureFiles(lecture: string): { readonly file: string; readonly stamp: string }[] {
  const folder = join(lecture, PICTURES);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => ({ file: name, stamp: stampOf(join(folder, name)) ?? "" }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

export function picturesBeside(lecture: string): PicturesBeside {
  return new Map(
    pictureFiles(lecture).map(({ file }) => [file, pictureAt(join(lecture, PICTURES, file), file)]),
  );
}

/** The same file of bytes, wherever it lies. */
export function pictureOf(file: string, bytes: Uint8Array): PictureBeside {
  return { reading: readPicture(file, bytes), version: hashOf(bytes).slice(0, 16) };
}

/** Those that a page can draw. */
export function shownPictures(pictures: PicturesBeside): LecturePicture[] {
  return [...pictures].flatMap(([file, { reading, version }]) =>
    reading.kind === "picture" ? [{ file, version, ...reading.size }] : [],
  );
}

function pictureAt(path: string, file: string): PictureBeside {
  const tooLong = lengthProblem(statSync(path).size);
  return tooLong ? { reading: tooLong, version: "" } : pictureOf(file, readFileSync(path));
}
