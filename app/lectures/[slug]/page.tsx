import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { CellCount, CellTicks, NotebookTools } from "#notebook/components";
import { OwnWork } from "#notebook/components/exercise";
import type { LectureDocument } from "#notebook/document";
import { currentViewer, standIn } from "#server/auth";
import { readLecture, readLectures } from "#server/course";
import { db } from "#server/db";
import { mayCountReading, type Viewer } from "#server/policies";
import { runOfReader } from "#server/queries";
import "katex/dist/katex.min.css";
import "../../formulas.css";
import { PageTools } from "../../bar/page-tools.tsx";
import { fullTitle, shortTitle } from "../title.ts";
import { Contents } from "./contents.tsx";
import { ExerciseList } from "./exercise-list.tsx";
import { exercisesOf } from "./exercises-of.ts";
import css from "./lecture.module.css";
import { LectureBody } from "./lecture-body.tsx";
import { LectureHead } from "./lecture-head.tsx";
import { LectureWays } from "./lecture-ways.tsx";
import { Neighbours } from "./neighbours.tsx";
import { OfflineNotice } from "./offline-notice.tsx";
import prose from "./prose.module.css";
import { ReadingCount } from "./reading-count.tsx";
import { SavedNotebook } from "./saved-notebook.tsx";
import { ScrollStops } from "./scroll-stops.tsx";
import { sectionsOf } from "./sections.ts";

export async function generateMetadata({
  params,
}: PageProps<"/lectures/[slug]">): Promise<Metadata> {
  const { frontMatter } = await lectureOf(params);
  return { title: fullTitle(frontMatter), description: frontMatter.summary };
}

/** A lecture: whole as the server sends it; its cells come alive in their places. */
export default async function LecturePage({ params }: PageProps<"/lectures/[slug]">) {
  const [lecture, viewer] = await Promise.all([lectureOf(params), currentViewer()]);
  const words = await standIn();
  const { frontMatter } = lecture;
  const sections = sectionsOf(lecture);
  return (
    <SavedNotebook
      reader={viewer?.userId}
      lecture={{ slug: frontMatter.slug, title: frontMatter.title }}
      cells={lecture.cells.map(({ storedOutputs, ...cell }) => ({
        ...cell,
        hasOutput: storedOutputs.length > 0,
      }))}
    >
      <PageTools>
        <NotebookTools />
      </PageTools>
      <div className={css["page"]} data-has-tools="">
        <Contents
          slug={frontMatter.slug}
          lecture={shortTitle(frontMatter)}
          sections={sections.map(({ id, number, title, cellIds }) => ({
            id,
            number,
            title,
            ticks: cellIds.length > 0 && <CellTicks ids={cellIds} />,
          }))}
        >
          <ExerciseList lecture={lecture} />
          <p>
            <CellCount />
          </p>
        </Contents>
        <main id="main" className={`${css["text"]} ${prose["flow"]}`}>
          <LectureHead
            lecture={lecture}
            points={exercisesOf(lecture).points}
            ways={<LectureWays slug={frontMatter.slug} />}
          />
          {words !== undefined && (
            <noscript>
              <meta httpEquiv="refresh" content={words.elsewhere} />
            </noscript>
          )}
          <OwnWork packed={words?.work ?? ""}>
            <LectureBody lecture={lecture} />
          </OwnWork>
          <Neighbours slug={frontMatter.slug} lectures={await readLectures()} />
        </main>
        <ScrollStops />
        {(await isCounted(viewer)) && (
          <ReadingCount slug={frontMatter.slug} sections={sections.map(({ id }) => id)} />
        )}
        <OfflineNotice />
      </div>
    </SavedNotebook>
  );
}

async function lectureOf(params: Promise<{ slug: string }>): Promise<LectureDocument> {
  const lecture = await readLecture((await params).slug);
  return lecture ?? notFound();
}

/** Whether the site wants to know how far the viewer reads. */
async function isCounted(viewer: Viewer | undefined): Promise<boolean> {
  const run = viewer && (await runOfReader(db(), viewer.userId));
  return run !== undefined && mayCountReading(viewer, run).kind === "allowed";
}
