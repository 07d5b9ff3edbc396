import type { ReactNode } from "react";
import { RunChoice } from "../run-choice.tsx";
import type { Scene, SceneFigure } from "./scene.ts";
import css from "./scenes.module.css";

interface SceneFrameProps {
  figure: SceneFigure;
  scene: Scene;
  /** The figure's id. */
  id: string;
  position: number;
  onChoose?: ((id: string) => void) | undefined;
  onMove?: ((position: number) => void) | undefined;
}

/** The choice of scenes, what to watch, the picture, and the step in words. */
export function SceneFrame({ figure, scene, id, position, onChoose, onMove }: SceneFrameProps) {
  return (
    <>
      {figure.scenes.length > 1 && (
        <RunChoice
          legend={figure.choice}
          runs={figure.scenes}
          chosen={scene.id}
          figure={id}
          onChoose={onChoose}
        />
      )}
      {scene.hint !== "" && <p className={css["hint"]}>{scene.hint}</p>}
      {scene.draw(position, onMove)}
      <p className={css["says"]}>{scene.says(position)}</p>
    </>
  );
}

/** All steps of all scenes in words. */
export function SceneListing({
  figure,
  current,
}: {
  figure: SceneFigure;
  current?: { readonly id: string; readonly position: number };
}): ReactNode {
  return figure.scenes.map((scene) => (
    <div key={scene.id} className={css["listing"]}>
      {figure.scenes.length > 1 && <p>{scene.title}</p>}
      <ol>
        {Array.from({ length: scene.count }, (_, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a fixed run
            key={at}
            aria-current={scene.id === current?.id && at === current.position ? "step" : undefined}
          >
            {scene.says(at)}
          </li>
        ))}
      </ol>
    </div>
  ));
}
