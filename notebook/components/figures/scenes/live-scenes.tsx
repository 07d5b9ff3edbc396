import { useState } from "react";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { useStepPlace } from "../use-step-place.ts";
import type { Scene, SceneFigure } from "./scene.ts";
import { SceneFrame, SceneListing } from "./scene-frame.tsx";

const stepsOf = (scene: Scene) => scene.count;

/** Any step of any scene; the page's address follows, so that a place can be sent to somebody. */
export function LiveScenes({ figure, texts }: { figure: SceneFigure; texts: FigureTexts }) {
  const [place, go] = useStepPlace(texts.id, figure.scenes, stepsOf);
  const [said, setSaid] = useState("");
  if (place === undefined) return null;
  const { run: scene, position } = place;
  const move = (to: number) => {
    go({ run: scene, position: to });
    setSaid(scene.says(to));
  };
  const choose = (id: string) => {
    const chosen = figure.scenes.find((other) => other.id === id);
    if (chosen === undefined) return;
    go({ run: chosen, position: 0 });
    setSaid(`${chosen.title}. ${chosen.says(0)}`);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={
        <Stepper unit={figure.unit} position={position} count={scene.count} onMove={move} />
      }
      listing={<SceneListing figure={figure} current={{ id: scene.id, position }} />}
    >
      <SceneFrame
        figure={figure}
        scene={scene}
        id={texts.id}
        position={position}
        onChoose={choose}
        onMove={move}
      />
    </LiveFrame>
  );
}
