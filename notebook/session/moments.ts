/** Links to moments, for pages that seldom need them: how they are packed and checked is fetched then. */

import type { LinkedMoment } from "./moment-link.ts";

/** The part of an address that leads to a moment; undefined for a text that is too long for one. */
export async function momentLink(moment: LinkedMoment): Promise<string | undefined> {
  const { packMoment } = await import("./moment-link.ts");
  return packMoment(moment);
}

/** The moment that an address carries; undefined for anything that no honest link holds. */
export async function momentOf(hash: string): Promise<LinkedMoment | undefined> {
  const { unpackMoment } = await import("./moment-link.ts");
  return unpackMoment(hash);
}
