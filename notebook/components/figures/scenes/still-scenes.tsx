import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { Stepper } from "../stepper.tsx";
import type { SceneFigure } from "./scene.ts";
import { SceneFrame, SceneListing } from "./scene-frame.tsx";

/** A figure of scenes as the server draws it: the first step of the first, and all steps as text. */
export function StillScenes({ figure, texts }: { figure: SceneFigure; texts: FigureTexts }) {
  const [scene] = figure.scenes;
  if (scene === undefined) return null;
  return (
    <FigureFrame
      texts={texts}
      controls={<Stepper unit={figure.unit} position={0} count={scene.count} />}
      listing={<SceneListing figure={figure} />}
    >
      <SceneFrame figure={figure} scene={scene} id={texts.id} position={0} />
    </FigureFrame>
  );
}
