"use client";

import { useEffect, useId, useState, useTransition } from "react";
import controls from "../../../../controls.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import { type PictureTexts, pictureName } from "./in-text.ts";
import css from "./pictures.module.css";
import { upload } from "./upload.ts";

interface PictureFormProps {
  file: File;
  isHidden: boolean;
  /** Names of the pictures that there are. */
  taken: readonly string[];
  /** Where pictures are sent to. */
  url: string;
  onAdd: (picture: PictureTexts, hash: string) => void;
  onLeave: () => void;
}

/** Asks what a picture shows before it is put into the text. */
export function PictureForm({ file, isHidden, taken, url, onAdd, onLeave }: PictureFormProps) {
  const [isBusy, start] = useTransition();
  const [problem, setProblem] = useState<string>();
  const [shown, setShown] = useState<string>();
  const message = useId();
  useEffect(() => {
    const address = URL.createObjectURL(file);
    setShown(address);
    return () => URL.revokeObjectURL(address);
  }, [file]);

  const send = (form: FormData) =>
    start(async () => {
      const read = (name: string) => String(form.get(name) ?? "").trim();
      const picture = { file: read("file"), alt: read("alt"), caption: read("caption") };
      const missing = problemOf(picture, taken);
      if (missing !== undefined) return setProblem(missing);
      const answer = await upload(url, picture.file, file);
      if ("problem" in answer) setProblem(answer.problem);
      else onAdd(picture, answer.hash);
    });
  return (
    <form
      className={css["form"]}
      hidden={isHidden}
      aria-label="A picture for the text"
      // Not by `action`: what stands in the fields stays when the server refuses the picture.
      onSubmit={(event) => {
        event.preventDefault();
        send(new FormData(event.currentTarget));
      }}
      onKeyDown={(event) => event.key === "Escape" && onLeave()}
    >
      {/* biome-ignore lint/performance/noImgElement: a file of this device */}
      {shown !== undefined && <img src={shown} alt="" />}
      <div className={css["fields"]}>
        <label>
          What it shows, in words
          <textarea
            name="alt"
            rows={2}
            maxLength={1000}
            required
            // biome-ignore lint/a11y/noAutofocus: it comes because a picture was put in
            autoFocus
            aria-describedby={message}
          />
          <small>Read by who does not see the picture.</small>
        </label>
        <label>
          Caption
          <input name="caption" maxLength={1000} />
          <small>Stands below it; may be left out.</small>
        </label>
        <label>
          File name
          <input name="file" defaultValue={pictureName(file, taken)} maxLength={70} required />
        </label>
        <div className={controls["row"]}>
          <button
            type="submit"
            className={`${controls["button"]} ${controls["first"]}`}
            disabled={isBusy}
          >
            {isBusy ? "Sending" : "Put it into the text"}
          </button>
          <button type="button" className={controls["button"]} onClick={onLeave}>
            Leave it out
          </button>
        </div>
        <FormMessage id={message} problem={problem} />
      </div>
    </form>
  );
}

function problemOf({ file, alt }: PictureTexts, taken: readonly string[]): string | undefined {
  if (alt === "") return "Say in words what the picture shows.";
  return taken.includes(file)
    ? `There is a picture ${file} already: choose another name.`
    : undefined;
}
