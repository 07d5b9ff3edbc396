/** A picture of a course as a file: what it may be, and how large it is drawn. */
import { disableTypes, imageSize } from "image-size";
import { svgProblem } from "./svg-check.ts";

/** The folder beside `lecture.mdx` that pictures lie in. */
export const PICTURES = "pictures";

export const PICTURE_BYTES_MAX = 2 * 1024 * 1024;
/** Twice what a wide screen shows at double density. */
const SIDE_MAX = 8000;

/** By the ending of a file's name. */
const TYPES = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  svg: "image/svg+xml",
} as const;

type Ending = keyof typeof TYPES;

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,60}\.(png|jpe?g|webp|svg)$/;
export const PICTURE_NAME = "letters, digits, - and _, and .png, .jpg, .webp or .svg";

export interface PictureSize {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export type PictureReading =
  | { readonly kind: "picture"; readonly type: string; readonly size: PictureSize }
  /** `what: remedy`, at a line of an SVG. */
  | { readonly kind: "refused"; readonly line: number; readonly message: string };

export function isPictureName(name: string): boolean {
  return NAME.test(name);
}

// What is not looked for below is not read: each reader is one more that a file could attack.
disableTypes(
  "bmp cur dds gif heif icns ico j2c jp2 jxl jxl-stream ktx pnm psd tga tiff".split(
    " ",
  ) as Parameters<typeof disableTypes>[0],
);

/** What the file is, or why no course may show it. */
export function readPicture(name: string, bytes: Uint8Array): PictureReading {
  const ending = NAME.exec(name)?.[1];
  if (ending === undefined)
    return refused(`${name} is no name of a picture: write ${PICTURE_NAME}`);
  const tooLong = lengthProblem(bytes.byteLength);
  if (tooLong !== undefined) return tooLong;
  const type = TYPES[ending as Ending];
  if (type === "image/svg+xml") {
    const problem = svgProblem(bytes);
    if (problem !== undefined) return { kind: "refused", ...problem };
  } else if (typeIn(bytes) !== type) {
    return refused(`the file is no .${ending}, whatever its name says: store it as one`);
  }
  const size = sizeOf(bytes);
  if (size === undefined) {
    return refused(
      type === "image/svg+xml"
        ? "the <svg> says no size: give it width and height, or a viewBox"
        : "the picture is damaged: store it again",
    );
  }
  if (size.width > SIDE_MAX || size.height > SIDE_MAX) {
    return refused(
      `the picture is ${size.width} by ${size.height}: make it smaller, ${SIDE_MAX} a side are the most`,
    );
  }
  return { kind: "picture", type, size };
}

/** Why a file of so many bytes cannot be shown, without a look at them. */
export function lengthProblem(bytes: number): PictureReading | undefined {
  if (bytes <= PICTURE_BYTES_MAX) return undefined;
  const [size, most] = [mebibytes(bytes), mebibytes(PICTURE_BYTES_MAX)];
  return refused(`the picture has ${size} MiB: make it smaller, ${most} MiB are the most`);
}

/** By the first bytes. */
function typeIn(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : undefined;
}

function sizeOf(bytes: Uint8Array): PictureSize | undefined {
  try {
    const { width, height, orientation = 1 } = imageSize(bytes);
    if (!(width > 0) || !(height > 0)) return undefined;
    // A camera that was held upright says so beside the pixels.
    const [across, down] = orientation >= 5 ? [height, width] : [width, height];
    return { width: Math.round(across), height: Math.round(down) };
  } catch {
    return undefined;
  }
}

function refused(message: string): PictureReading {
  return { kind: "refused", line: 1, message };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");
}
