import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { frameDocument } from "./frame-document.ts";

export const dynamic = "force-dynamic";

/** The frame of the sandbox; `npm start` has made its script. */
export async function GET(): Promise<Response> {
  return frameDocument(await readFile(join(process.cwd(), "public/sandbox/frame.js"), "utf8"));
}
