"use client";

import { useState, useTransition } from "react";
import type { Notice } from "../../../admin/undo-bar.tsx";
import controls from "../../../controls.module.css";
import { chooseTimeZone, type DatesResult, shiftDates } from "./actions.ts";
import css from "./dates.module.css";

interface DatesToolsProps {
  run: string;
  timeZone: string;
  timeZones: readonly string[];
  onDone: (what: string, result: DatesResult) => boolean;
  onNotice: (notice: Notice) => void;
}

/** What changes many dates at once. */
export function DatesTools({ run, timeZone, timeZones, onDone, onNotice }: DatesToolsProps) {
  const [days, setDays] = useState("7");
  const [isBusy, startChange] = useTransition();
  const choose = (wanted: string) =>
    startChange(async () => {
      const answer = await chooseTimeZone({ run, timeZone: wanted });
      if (answer.kind !== "set") {
        onNotice({ text: answer.kind === "invalid" ? answer.problem : "You may not change it." });
        return;
      }
      const { before } = answer;
      const text = `Dates are those of ${wanted} now; every moment stays what it was`;
      onNotice({
        text,
        undo: async () => {
          await chooseTimeZone({ run, timeZone: before });
          return { text: `Dates are those of ${before} again` };
        },
      });
    });
  const shift = () =>
    startChange(async () => {
      const by = Number(days);
      const result = await shiftDates({ run, days: by });
      onDone(`All dates ${Math.abs(by)} days ${by < 0 ? "earlier" : "later"}`, result);
    });
  return (
    <div className={css["tools"]} aria-busy={isBusy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          shift();
        }}
      >
        <label>
          Move all dates by{" "}
          <input
            inputMode="numeric"
            size={4}
            value={days}
            onChange={({ target }) => setDays(target.value)}
          />{" "}
          days
        </label>
        <button type="submit" className={controls["button"]}>
          Move
        </button>
      </form>
      <label>
        Time zone{" "}
        <select value={timeZone} onChange={({ target }) => choose(target.value)}>
          {(timeZones.includes(timeZone) ? timeZones : [timeZone, ...timeZones]).map((name) => (
            <option key={name} value={name}>
              {name.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
