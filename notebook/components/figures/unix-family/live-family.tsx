import { useState } from "react";
import { unixFamily } from "#notebook/document";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { isIn, type Period, periodAround } from "../period.ts";
import { Stepper } from "../stepper.tsx";
import { commonOf, familyOf, PERIODS } from "./family-graph.ts";
import { describeSystem } from "./family-text.ts";
import { FamilyListing, FamilyView, FIRST_PLACE, inWords } from "./family-view.tsx";

/** The family, from far or close: any system with its ancestors, or what two of them share. */
export function LiveFamily({ texts }: { texts: FigureTexts }) {
  const [period, setPeriod] = useState<Period>(PERIODS[0]);
  const [position, setPosition] = useState(FIRST_PLACE);
  const [other, setOther] = useState("");
  const [ideas, setIdeas] = useState(false);
  const [said, setSaid] = useState("");
  const system = unixFamily[position];
  if (system === undefined) return null;
  const litBy = (name: string, second: string, withIdeas: boolean) =>
    second === "" ? familyOf(name, withIdeas) : commonOf(name, second, withIdeas);
  const move = (to: number) => {
    const next = unixFamily[to];
    if (next === undefined) return;
    setPosition(to);
    setSaid(`${describeSystem(next)} ${inWords(next.name, other, litBy(next.name, other, ideas))}`);
    setPeriod(periodAround(PERIODS, period, next.year));
  };
  const look = (at: Period) => {
    if (!isIn(at, system.year)) move(unixFamily.findIndex(({ year }) => isIn(at, year)));
    setPeriod(at);
  };
  const compare = (second: string, withIdeas: boolean) => {
    setOther(second);
    setIdeas(withIdeas);
    setSaid(inWords(system.name, second, litBy(system.name, second, withIdeas)));
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={
        <Stepper unit="system" position={position} count={unixFamily.length} onMove={move} />
      }
      listing={<FamilyListing current={system.name} />}
    >
      <FamilyView
        figure={texts.id}
        period={period}
        system={system}
        other={other}
        ideas={ideas}
        lit={litBy(system.name, other, ideas)}
        onMove={(name) => move(unixFamily.findIndex((one) => one.name === name))}
        onPeriod={look}
        onOther={(name) => compare(name, ideas)}
        onIdeas={(withIdeas) => compare(other, withIdeas)}
      />
    </LiveFrame>
  );
}
