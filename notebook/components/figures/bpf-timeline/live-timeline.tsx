import { useState } from "react";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { Stepper } from "../stepper.tsx";
import { describeEntry, ENTRIES, PERIODS, type Period } from "./entries.ts";
import { TimelineListing, TimelineView } from "./timeline-view.tsx";

/** The years, from far or close. A step out of the years that are shown takes them along. */
export function LiveTimeline({ texts }: { texts: FigureTexts }) {
  const [period, setPeriod] = useState<Period>(PERIODS[0]);
  const [position, setPosition] = useState(0);
  const [said, setSaid] = useState("");
  const move = (to: number) => {
    const entry = ENTRIES[to];
    if (entry === undefined) return;
    setPosition(to);
    setSaid(describeEntry(entry));
    if (!isIn(period, to)) {
      setPeriod(PERIODS.find((other) => other !== PERIODS[0] && isIn(other, to)) ?? PERIODS[0]);
    }
  };
  const look = (at: Period) => {
    setPeriod(at);
    if (isIn(at, position)) return;
    move(ENTRIES.findIndex((_, place) => isIn(at, place)));
    setPeriod(at);
  };
  return (
    <LiveFrame
      texts={texts}
      said={said}
      controls={<Stepper unit="entry" position={position} count={ENTRIES.length} onMove={move} />}
      listing={<TimelineListing current={position} />}
    >
      <TimelineView
        period={period}
        position={position}
        figure={texts.id}
        onMove={move}
        onPeriod={look}
      />
    </LiveFrame>
  );
}

function isIn(period: Period, position: number): boolean {
  const year = ENTRIES[position]?.year ?? 0;
  return period.from <= year && year <= period.to;
}
