import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { classRuns, runToAskIn } from "#server/queries";
import { questionsUrl } from "../class/talk-urls.ts";

/** Leads to the questions of the run that the viewer’s pages belong to. */
export default async function QuestionsOfMine() {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/questions");
  const own = await runToAskIn(db(), viewer.userId);
  const [any] = own === undefined && viewer.isAdmin ? await classRuns(db()) : [];
  const run = own ?? any ?? forbidden();
  redirect(questionsUrl(run.slug));
}
