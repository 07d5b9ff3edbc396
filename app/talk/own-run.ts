import { cache } from "react";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { runToAskIn } from "#server/queries";

/** The run in which the viewer asks; undefined: they belong to none. Read once a request. */
export const ownRun = cache(async () => {
  const viewer = await currentViewer();
  return viewer && runToAskIn(db(), viewer.userId);
});
