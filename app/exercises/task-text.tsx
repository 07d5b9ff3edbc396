import type { Task } from "#server/course";
import { Picture, type PictureInText } from "../lectures/[slug]/picture.tsx";
import prose from "../lectures/[slug]/prose.module.css";
import { Prose } from "../lectures/[slug]/prose.tsx";

/** What an exercise asks, as pages set their prose. */
export function TaskText({ id, task }: { id: string; task: Task }) {
  const parts = {
    "kb-picture": (picture: PictureInText) => (
      <Picture {...picture} pictures={task.pictures} home={`/exercises/${id}/pictures`} />
    ),
  };
  return (
    <div className={prose["flow"]}>
      <Prose text={task.body} parts={parts} />
    </div>
  );
}
