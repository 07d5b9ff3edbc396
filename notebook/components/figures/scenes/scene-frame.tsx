import type { ReactNode } from "react";
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
        <fieldset className={css["choice"]}>
          <legend>{figure.choice}</legend>
          {figure.scenes.map((other) => (
            <label key={other.id}>
              <input
                type="radio"
                name={`${id}-scene`}
                value={other.id}
                checked={other.id === scene.id}
                readOnly={onChoose === undefined}
                onChange={onChoose && (() => onChoose(other.id))}
              />
              {other.title}
            </label>
          ))}
        </fieldset>
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
