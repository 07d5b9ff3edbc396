import { useEffect, useState } from "react";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { readStepAddress, stepAddress } from "../step-address.ts";
import { Stepper } from "../stepper.tsx";
import type { Scene, SceneFigure } from "./scene.ts";
import { SceneFrame, SceneListing } from "./scene-frame.tsx";

interface Place {
  readonly scene: Scene;
  readonly position: number;
}

/** Any step of any scene; the page's address follows, so that a place can be sent to somebody. */
export function LiveScenes({ figure, texts }: { figure: SceneFigure; texts: FigureTexts }) {
  const [place, setPlace] = useState<Place | undefined>(() => placeIn(figure, texts.id));
  const [said, setSaid] = useState("");
  useEffect(() => {
    const follow = () => {
      if (readStepAddress(texts.id, window.location.hash)) setPlace(placeIn(figure, texts.id));
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [figure, texts.id]);
  if (place === undefined) return null;
  const { scene, position } = place;
  const go = (to: Place, says: string) => {
    setPlace(to);
    setSaid(says);
    // In the place of the current entry: going back leaves the page, not a hundred steps.
    const address = stepAddress(texts.id, to.scene.id, to.position);
    window.history.replaceState(window.history.state, "", address);
  };
  const move = (to: number) => go({ scene, position: to }, scene.says(to));
  const choose = (id: string) => {
    const chosen = figure.scenes.find((other) => other.id === id);
    if (chosen !== undefined)
      go({ scene: chosen, position: 0 }, `${chosen.title}. ${chosen.says(0)}`);
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

/** Where the address points, or the first step of the first scene. */
function placeIn(figure: SceneFigure, id: string): Place | undefined {
  const asked = readStepAddress(id, window.location.hash);
  const scene = figure.scenes.find((other) => other.id === asked?.id);
  if (asked === undefined || scene === undefined) {
    return figure.scenes[0] && { scene: figure.scenes[0], position: 0 };
  }
  return { scene, position: Math.min(scene.count - 1, Math.max(0, asked.position)) };
}
