import { useState } from "react";
import type { FigureTexts } from "../frame.tsx";
import { LiveFrame } from "../live-frame.tsx";
import { isIn, type Period, periodAround } from "../period.ts";
import { Stepper } from "../stepper.tsx";
import { describeEntry, ENTRIES, PERIODS } from "./entries.ts";
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
    setPeriod(periodAround(PERIODS, period, entry.year));
  };
  const look = (at: Period) => {
    const year = ENTRIES[position]?.year ?? 0;
    if (!isIn(at, year)) move(ENTRIES.findIndex((entry) => isIn(at, entry.year)));
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
