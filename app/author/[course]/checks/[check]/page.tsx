import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { type CheckPart, checkById, type ShownCheck } from "#server/authoring";
import { db } from "#server/db";
import desk from "../../../../class/class.module.css";
import controls from "../../../../controls.module.css";
import { LocalTime } from "../../../../local-time.tsx";
import { requireAuthor } from "../../../access.ts";
import author from "../../../author.module.css";
import { seenVersion } from "../../../seen-version.ts";
import { CHECK_TEXT } from "../../../state-text.ts";
import { courseUrl, documentUrl } from "../../../urls.ts";
import { ProblemList } from "../../[document]/gate-pane.tsx";
import { cancelPublication, publishDocuments } from "../../actions.ts";
import { SmallMistakes } from "../../small-mistakes.tsx";
import { AgainForm } from "./again-form.tsx";
import { LookAgain } from "./look-again.tsx";

export const metadata: Metadata = { title: "Publish gate" };

interface CheckProps {
  params: Promise<{ course: string; check: string }>;
}

/** How far a check of the publish gate is, and what it has found. */
export default async function CheckPage({ params }: CheckProps) {
  const { course: slug, check: id } = await params;
  const { course } = await requireAuthor(slug, `/author/${slug}/checks/${id}`);
  const check = await checkById(db(), course.id, id);
  if (check === undefined) notFound();
  const { state, parts, problems, askedBy, askedAt } = check;
  const isOpen = state === "waiting" || state === "running";
  const awaitsMutants = parts.some(({ mutation }) => mutation.kind === "searching");
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Publish gate</h1>
        <p>
          {askedBy === undefined ? "" : `${askedBy}, `}
          <LocalTime at={askedAt.toISOString()} />
        </p>
        <p className={desk["end"]}>
          <a href={courseUrl(course.slug)}>All documents</a>
        </p>
      </div>
      <LookAgain isOn={isOpen || awaitsMutants} />
      <section className={author["part"]}>
        <h2>{CHECK_TEXT[state]}</h2>
        <p role="status">{stateText(check)}</p>
        {isOpen && <Progress check={check} />}
        {state === "waiting" && (
          <form action={cancelPublication}>
            <input type="hidden" name="course" value={course.slug} />
            <input type="hidden" name="check" value={id} />
            <button type="submit" className={controls["button"]}>
              Take it back
            </button>
          </form>
        )}
        <ProblemList course={course.slug} problems={problems} />
      </section>
      <section className={author["part"]}>
        <h2>What goes through it</h2>
        <ul>
          {parts.map((part) => (
            <li key={part.documentId}>
              <a href={documentUrl(course.slug, part.documentId)}>{part.path || "Shared files"}</a>,
              version {part.number}
              {part.head !== part.number && ` (the newest is ${part.head})`}
              <Mutants course={course.slug} part={part} />
            </li>
          ))}
        </ul>
        {(state === "refused" || state === "failed" || state === "cancelled") && (
          <form action={publishDocuments} className={author["foot"]}>
            <input type="hidden" name="course" value={course.slug} />
            {parts.map(({ documentId, head }) => (
              <input
                key={documentId}
                type="hidden"
                name="document"
                value={seenVersion(documentId, head)}
              />
            ))}
            <button type="submit" className={controls["button"]}>
              Publish the newest versions
            </button>
          </form>
        )}
      </section>
    </main>
  );
}

function Progress({ check: { done, total, step } }: { check: ShownCheck }) {
  return (
    <>
      <progress
        className={author["progress"]}
        max={Math.max(1, total)}
        value={done}
        aria-label="Steps that are done"
      />
      <p>
        {total === 0 ? "" : `${done} of ${total}`}
        {step === "" ? "" : `: ${step}`}
      </p>
    </>
  );
}

function Mutants({ course, part }: { course: string; part: CheckPart }) {
  const { mutation, documentId, versionId } = part;
  if (mutation.kind === "none") return null;
  if (mutation.kind === "searching") {
    return <p>Small mistakes in the solution are tried: which ones do its tests accept?</p>;
  }
  if (mutation.kind === "failed") return <AgainForm course={course} versionId={versionId} />;
  const { tried, survivors, unjudged } = mutation;
  const place = { course, documentId };
  return (
    <>
      {tried > 0 && survivors.length === 0 && (
        <p>All {tried} small mistakes in the solution are noticed.</p>
      )}
      {survivors.length > 0 && (
        <>
          <p>
            Of {tried} small mistakes in the solution {tried - survivors.length} are noticed. Your
            tests accept these wrong programs:
          </p>
          <SmallMistakes {...place} mistakes={survivors} />
        </>
      )}
      {unjudged.length > 0 && (
        <>
          <p>
            With these, grading itself has failed, as it would for a student who writes them. Let
            the hidden tests stand up to them:
          </p>
          <SmallMistakes {...place} mistakes={unjudged} />
        </>
      )}
    </>
  );
}

function stateText({ state, publishes, problems }: ShownCheck): string {
  switch (state) {
    case "waiting":
      return "A grader takes it as soon as one is free.";
    case "running":
      return "Cells are run, exercises are graded. You may leave this page: it goes on.";
    case "passed":
      return publishes ? "Published: readers see it from now on." : "Nothing is in the way.";
    case "refused":
      return `${problems.length === 1 ? "1 thing is" : `${problems.length} things are`} in the way. Readers see what they saw.`;
    case "cancelled":
      return "Readers see what they saw.";
    case "failed":
      return "Readers see what they saw. Try again.";
  }
}
