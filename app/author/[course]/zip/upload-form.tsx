"use client";

import { useActionState, useId } from "react";
import controls from "../../../controls.module.css";
import forms from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { courseUrl } from "../../urls.ts";
import { type UploadState, uploadZip } from "./upload-action.ts";
import css from "./zip.module.css";

type Outcome = Extract<UploadState, { kind: "read" }>["outcome"];

export function UploadForm({ course }: { course: string }) {
  const [state, send, isBusy] = useActionState<UploadState, FormData>(uploadZip, { kind: "empty" });
  const message = useId();
  return (
    <div className={css["upload"]}>
      <form action={send} className={forms["form"]}>
        <input type="hidden" name="course" value={course} />
        <label>
          A ZIP file of the course, or of a part of it
          <input name="file" type="file" accept=".zip" required aria-describedby={message} />
          <small>At most 8 MiB. A document that is in it is taken whole, the others stay.</small>
        </label>
        <FormMessage
          id={message}
          problem={problemOf(state)}
          done={state.kind === "read" ? doneText(state.outcome) : undefined}
        />
        <button
          type="submit"
          className={`${controls["button"]} ${controls["first"]}`}
          aria-disabled={isBusy}
        >
          Make drafts of what differs
        </button>
      </form>
      {state.kind === "read" && <OutcomeLists course={course} outcome={state.outcome} />}
    </div>
  );
}

function problemOf(state: UploadState): string | undefined {
  if (state.kind === "invalid") return state.problem;
  return state.kind === "denied" ? "You do not write in this course." : undefined;
}

function doneText({ created, begun, kept, same }: Outcome): string {
  return `Drafts begun: ${begun.length}. New documents: ${created.length}. The same: ${same}. Left alone: ${kept.length}.`;
}

function OutcomeLists({ course, outcome }: { course: string; outcome: Outcome }) {
  const { begun, created, kept, refused } = outcome;
  return (
    <>
      <Listed title="Drafts of yours now hold" paths={begun} />
      <Listed title="New, and not published" paths={created} />
      <Listed title="Left alone, since you have a draft of them" paths={kept} />
      <Listed title="Left out: no file of a course has such a name" paths={refused} />
      <p className={css["links"]}>
        <a href={courseUrl(course, "drafts")}>My drafts</a>
        <a href={courseUrl(course, "changed")}>Not published</a>
      </p>
    </>
  );
}

function Listed({ title, paths }: { title: string; paths: readonly string[] }) {
  if (paths.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {paths.map((path) => (
          <li key={path}>{path === "" ? "the shared files" : path}</li>
        ))}
      </ul>
    </section>
  );
}
