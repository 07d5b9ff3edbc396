import { currentViewer } from "#server/auth";
import { zipOf } from "./zip-answer.ts";

/** Everything that the site holds of who asks. */
export async function GET(): Promise<Response> {
  const viewer = await currentViewer();
  return zipOf(viewer, viewer?.userId ?? "");
}
