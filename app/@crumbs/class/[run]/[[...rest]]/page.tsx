import { staffOfRun } from "../../../../class/access.ts";
import { gradebookUrl } from "../../../../class/urls.ts";
import { COURSE_TITLE } from "../../../../course.ts";

interface CrumbsProps {
  params: Promise<{ run: string; rest?: string[] }>;
}

/** The run whose class is seen; nothing of it for those who may not. */
export default async function Crumbs({ params }: CrumbsProps) {
  const { run: slug, rest } = await params;
  const staff = await staffOfRun(slug);
  return (
    <>
      <a href="/">{COURSE_TITLE}</a>
      {staff !== undefined && (
        <a href={gradebookUrl(slug)} aria-current={rest === undefined ? "page" : undefined}>
          {staff.run.title}
        </a>
      )}
    </>
  );
}
