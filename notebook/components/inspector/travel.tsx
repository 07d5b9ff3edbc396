"use client";

import { type ReactNode, useEffect, useState } from "react";
import type { EventKind, InspectorMoment } from "#kernel-sim";
import type { InspectorRequest } from "#notebook/session";
import { Breakpoints } from "./breakpoints.tsx";
import css from "./inspector.module.css";
import { Stepper } from "./stepper.tsx";

interface TravelProps {
  moment: InspectorMoment;
  asked: InspectorRequest;
  onAsk: (asked: InspectorRequest) => void;
  children: ReactNode;
}

/** How long the slider rests before its place is gone to, in ms: each place is a run of the machine. */
const REST_MS = 60;

/** Travel in time: the slider goes through the events, the buttons by steps of the chosen kind, or to a breakpoint. */
export function Travel({ moment, asked, onAsk, children }: TravelProps) {
  const { first, last, event, time, what } = moment;
  const [kind, setKind] = useState<EventKind>("event");
  const [slid, setSlid] = useState<number | undefined>(undefined);
  const at = slid ?? event;
  useEffect(() => {
    if (slid === undefined) return;
    const rest = setTimeout(() => {
      setSlid(undefined);
      onAsk({ ...asked, event: slid, step: undefined, run: undefined });
    }, REST_MS);
    return () => clearTimeout(rest);
  }, [slid, asked, onAsk]);

  const step = (by: 1 | -1) => onAsk({ ...asked, event, step: { kind, by }, run: undefined });
  return (
    <div className={css["travel"]}>
      <div className={css["where"]}>
        <span>
          event <b>{at}</b> of {last}
        </span>
        <span>{(time / 1000).toFixed(3)} µs</span>
      </div>
      <p className={css["what"]} aria-live="polite">
        {what}
      </p>
      <Stepper
        legend="Travel in time"
        name="Event"
        unit="event"
        stride={WORDS[kind]}
        {...{ first, last, at }}
        onGo={(to) => onAsk({ ...asked, event: to, step: undefined, run: undefined })}
        onSlide={setSlid}
        onBack={() => step(-1)}
        onForward={() => step(1)}
      />
      <div className={css["row"]}>
        <label className={css["choice"]}>
          <span>Step by</span>
          <select
            value={kind}
            onChange={(change) => setKind(change.currentTarget.value as EventKind)}
          >
            <option value="event">event</option>
            <option value="call">system call</option>
            <option value="switch">context switch</option>
          </select>
        </label>
        {children}
      </div>
      <Breakpoints
        moment={moment}
        isAsked={asked.run !== undefined}
        onRun={(to, by) => onAsk({ ...asked, event, step: undefined, run: { to, by } })}
      />
    </div>
  );
}

const WORDS: Readonly<Record<EventKind, string>> = {
  event: "event",
  call: "system call",
  switch: "context switch",
};
