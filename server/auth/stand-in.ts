import { headers } from "next/headers.js";
// biome-ignore lint/style/noRestrictedImports: the memory of one request, nothing of the screen.
import { cache } from "react";
import { STAND_IN_HEADER, type StandInWords, standInWords } from "../operation/stand-in.ts";

/**
 * The words that stand for what is the viewer's own, when the page is drawn for many: nothing of
 * the viewer's own may be on it then. undefined: it is drawn for the viewer alone.
 */
export const standIn = cache(async (): Promise<StandInWords | undefined> => {
  const word = (await headers()).get(STAND_IN_HEADER);
  return word === null ? undefined : standInWords(word);
});
