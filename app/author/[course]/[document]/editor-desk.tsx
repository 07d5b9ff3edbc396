"use client";

import { type ReactNode, useCallback, useMemo, useState } from "react";
import { CodeEditor } from "#notebook/components/editor";
import type { EditedDocument } from "#server/authoring";
import author from "../../author.module.css";
import { mergeUrl } from "../../urls.ts";
import type { SaveFilesInput, SaveFilesResult, SaveVersionResult } from "../actions.ts";
import type { JudgedResult, OutputsResult } from "../try-actions.ts";
import { AddFileForm } from "./add-file-form.tsx";
import { BehindNotice } from "./behind-notice.tsx";
import { CellsForm } from "./cells-form.tsx";
import type { Files } from "./edited-files.ts";
import { WithForm } from "./exercise-form/with-form.tsx";
import { FileTabs } from "./file-tabs.tsx";
import { FilesForm } from "./files-form.tsx";
import { NewerNotice } from "./newer-notice.tsx";
import { type PictureTexts, withPicture } from "./pictures/in-text.ts";
import { BytesView, pictureIn } from "./pictures/picture-view.tsx";
import { WithPictures } from "./pictures/with-pictures.tsx";
import { mdxServices } from "./preview/mdx-services.ts";
import { WithPreview } from "./preview/with-preview.tsx";
import { SaveLine } from "./save-line.tsx";
import { useDraft } from "./use-draft.ts";
import { VersionForm } from "./version-form.tsx";

export interface EditorDeskProps {
  course: string;
  document: EditedDocument;
  userId: string;
  /** Of this page. */
  url: string;
  /** The file that is shown first, and a line in it. */
  file: string;
  line: number | undefined;
  save: (input: SaveFilesInput) => Promise<SaveFilesResult>;
  saveVersion: (input: unknown) => Promise<SaveVersionResult>;
  runCells: (input: unknown) => Promise<OutputsResult>;
  judge: (input: unknown) => Promise<JudgedResult>;
  gate: ReactNode;
}

/** The working part of the editor's page: tabs, the text, what is kept, and the gate beside it. */
export function EditorDesk(props: EditorDeskProps) {
  const { course, document, userId, url, line, save, saveVersion, gate } = props;
  const { runCells, judge } = props;
  const draft = useDraft({ course, document, userId, save, url });
  const { files, changed, state } = draft;
  const [path, setPath] = useState(() => firstPath(files, props.file));
  const [goTo, setGoTo] = useState(line === undefined ? undefined : { line });
  const [cursor, setCursor] = useState<{ line: number; column: number }>();
  const onCursor = useCallback((at: number, column: number) => setCursor({ line: at, column }), []);
  const language = useMemo(() => languageOf(path), [path]);
  const file = files.get(path);
  const [isPreviewed, setPreviewed] = useState(false);
  const [isFormShown, setFormShown] = useState(true);
  const mdx = useMemo(
    () => (path.endsWith(".mdx") ? mdxServices(course, document.id, path) : undefined),
    [course, document.id, path],
  );

  const pictures = `${url}/pictures`;
  const addPicture = async (picture: PictureTexts, hash: string) => {
    draft.put(`pictures/${picture.file}`, hash);
    // Before the text names it: a preview asks the server for it.
    await draft.flush();
    const placed = withPicture(draft.text(path), cursor?.line ?? 1, picture);
    draft.type(path, placed.text);
    setGoTo({ line: placed.line });
  };
  const open = (next: string) => {
    setPath(next);
    setGoTo(undefined);
    setCursor(undefined);
    window.history.replaceState(null, "", `${url}?file=${encodeURIComponent(next)}`);
  };
  return (
    <div className={author["author"]}>
      <section className={author["writing"]} aria-label="Files">
        <FileTabs
          url={url}
          paths={[...files.keys()]}
          changed={changed}
          current={path}
          onOpen={open}
        />
        <AddFileForm
          paths={[...files.keys()]}
          start={document.kind === "exercise" ? "mutants/" : ""}
          onAdd={(added) => {
            draft.type(added, "");
            open(added);
          }}
        />
        <NewerNotice
          base={document.base}
          head={draft.head}
          isOutdated={draft.isOutdated}
          hasChanges={changed.length > 0}
          url={url}
          mergeUrl={mergeUrl(course, document.id)}
        />
        <div className={author["paneHead"]}>
          <b>{path}</b>
          {cursor !== undefined && (
            <span>
              line {cursor.line}, column {cursor.column}
            </span>
          )}
          {document.kind !== "shared" && (
            <button
              type="button"
              className={author["quiet"]}
              aria-pressed={isPreviewed}
              onClick={() => setPreviewed(!isPreviewed)}
            >
              Preview beside the text
            </button>
          )}
          {path === "exercise.yaml" && (
            <button
              type="button"
              className={author["quiet"]}
              aria-pressed={isFormShown}
              onClick={() => setFormShown(!isFormShown)}
            >
              Form beside the text
            </button>
          )}
          {file !== undefined && !NEEDED.has(path) && (
            <button
              type="button"
              className={author["quiet"]}
              onClick={() => {
                draft.remove(path);
                open(firstPath(files, ""));
              }}
            >
              Remove this file
            </button>
          )}
          <SaveLine state={state} changed={changed.length} base={document.base} />
        </div>
        {state.kind === "behind" && (
          <BehindNotice
            files={files}
            base={document.files}
            theirs={state.changes}
            onMine={draft.keepMine}
            onTheirs={draft.takeTheirs}
          />
        )}
        <WithPictures
          isOn={path === "lecture.mdx" || path === "task.mdx"}
          taken={[...files.keys()].flatMap((one) => pictureIn(one) ?? [])}
          url={pictures}
          onAdd={addPicture}
        >
          <WithPreview
            course={course}
            documentId={document.id}
            files={files}
            isShown={isPreviewed}
            className={author["text"]}
          >
            {file === undefined && <p className={author["absent"]}>There is no file {path}.</p>}
            {file?.kind === "bytes" && (
              <BytesView
                path={path}
                hash={file.hash}
                text={files.get("lecture.mdx") ?? files.get("task.mdx")}
                url={pictures}
              />
            )}
            {file?.kind === "text" && (
              <WithForm
                course={course}
                documentId={document.id}
                text={path === "exercise.yaml" && isFormShown ? file.text : undefined}
                onChange={(text) => draft.type(path, text)}
              >
                <CodeEditor
                  key={path}
                  path={["author", document.path, path].filter(Boolean).join("/")}
                  language={language}
                  ariaLabel={`Text of ${path}`}
                  value={file.text}
                  onChange={(text) => draft.type(path, text)}
                  onCursor={onCursor}
                  goTo={goTo}
                  mdx={mdx}
                  isPane
                />
              </WithForm>
            )}
          </WithPreview>
        </WithPictures>
      </section>
      <aside className={author["gate"]} aria-label="Version and publication">
        <VersionForm
          course={course}
          document={document}
          changed={changed}
          isBehind={state.kind === "behind"}
          flush={draft.flush}
          saveVersion={saveVersion}
          onGiveUp={draft.giveUp}
        />
        {document.kind === "lecture" && (
          <CellsForm
            course={course}
            document={document.id}
            flush={draft.flush}
            runCells={runCells}
            onOutputs={(text) => draft.type("outputs.json", text)}
          />
        )}
        {document.kind === "exercise" && (
          <FilesForm course={course} document={document.id} flush={draft.flush} judge={judge} />
        )}
        {gate}
      </aside>
    </div>
  );
}

/** Without these a document is none. */
const NEEDED: ReadonlySet<string> = new Set([
  ...["lecture.mdx", "topics.yaml", "exercise.yaml", "task.mdx", "contract.ts", "starter.ts"],
  ...["solution.ts", "visible.test.ts", "hidden.test.ts"],
]);

function firstPath(files: Files, wanted: string): string {
  if (files.has(wanted)) return wanted;
  return [...files.keys()][0] ?? "";
}

function languageOf(path: string) {
  if (path.endsWith(".mdx")) return "mdx" as const;
  if (path.endsWith(".yaml")) return "yaml" as const;
  if (path.endsWith(".json")) return "json" as const;
  return path.endsWith(".ts") ? ("typescript" as const) : ("plaintext" as const);
}
