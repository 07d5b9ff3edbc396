"use client";

import { type ReactNode, useEffect, useState } from "react";
import type { EventKind, InspectorMoment, InspectorQuery } from "#kernel-sim";
import { Icon, type IconName } from "../icon.tsx";
import css from "./inspector.module.css";

/** What the panel wants to see: of which machine, and where. */
export type Asked = InspectorQuery & { readonly machine: number };

interface TravelProps {
  moment: InspectorMoment;
  asked: Asked;
  onAsk: (asked: Asked) => void;
  children: ReactNode;
}

/** How long the slider rests before its place is gone to, in ms: each place is a run of the machine. */
const REST_MS = 60;

/** Travel in time: the slider goes through the events, the buttons by steps of the chosen kind. */
export function Travel({ moment, asked, onAsk, children }: TravelProps) {
  const { first, last, event, time, what } = moment;
  const [kind, setKind] = useState<EventKind>("event");
  const [slid, setSlid] = useState<number | undefined>(undefined);
  const at = slid ?? event;
  useEffect(() => {
    if (slid === undefined) return;
    const rest = setTimeout(() => {
      setSlid(undefined);
      onAsk({ ...asked, event: slid, step: undefined });
    }, REST_MS);
    return () => clearTimeout(rest);
  }, [slid, asked, onAsk]);

  const go = (to: number) => onAsk({ ...asked, event: to, step: undefined });
  const step = (by: 1 | -1) => onAsk({ ...asked, event, step: { kind, by } });
  const button = (icon: IconName, name: string, isOff: boolean, onClick: () => void) => (
    <button
      type="button"
      className={css["icon"]}
      aria-label={name}
      title={name}
      disabled={isOff}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
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
      <fieldset className={css["stepper"]}>
        <legend>Travel in time</legend>
        {button("first", "First event", at === first, () => go(first))}
        {button("back", `Back by one ${WORDS[kind]}`, at === first, () => step(-1))}
        <input
          type="range"
          min={first}
          max={last}
          value={at}
          aria-label="Event"
          aria-valuetext={`event ${at} of ${last}`}
          onChange={(change) => setSlid(change.currentTarget.valueAsNumber)}
        />
        {button("forward", `Forward by one ${WORDS[kind]}`, at === last, () => step(1))}
        {button("last", "Last event", at === last, () => go(last))}
      </fieldset>
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
    </div>
  );
}

const WORDS: Readonly<Record<EventKind, string>> = {
  event: "event",
  call: "system call",
  switch: "context switch",
};
