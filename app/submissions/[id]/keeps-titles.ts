import { db } from "#server/db";
import { maySeeTitles, type Viewer } from "#server/policies";
import { datedSubmission } from "#server/queries";

/** Whether the viewer knows the hidden tests of the submission's exercise by number alone. */
export async function keepsTitlesFrom(viewer: Viewer | undefined, id: string): Promise<boolean> {
  const dated = await datedSubmission(db(), id);
  if (dated === undefined || dated.kind === "report") return false;
  return maySeeTitles(viewer, { ...dated, at: Date.now() }).kind === "denied";
}
