import { COURSE_TITLE } from "../course.ts";
import { staffOfRun } from "./access.ts";
import { gradebookUrl } from "./urls.ts";

interface RunCrumbsProps {
  run: string;
  /** Whether the page is the gradebook itself. */
  isBook: boolean;
}

/** The run whose class is seen; nothing of it for those who may not. */
export async function RunCrumbs({ run, isBook }: RunCrumbsProps) {
  const staff = await staffOfRun(run);
  return (
    <>
      <a href="/">{COURSE_TITLE}</a>
      {staff !== undefined && (
        <a href={gradebookUrl(run)} aria-current={isBook ? "page" : undefined}>
          {staff.run.title}
        </a>
      )}
    </>
  );
}
