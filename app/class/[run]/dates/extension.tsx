"use client";

import { useEffect, useRef, useState, useTransition } from "react";
import controls from "../../../controls.module.css";
import { type DatesResult, extendDates, findStudents } from "./actions.ts";
import type { DateRow } from "./date-rows.ts";
import css from "./dates.module.css";

interface ExtensionProps {
  run: string;
  row: DateRow;
  sections: readonly { readonly id: string; readonly name: string }[];
  onDone: (what: string, result: DatesResult) => boolean;
  onClose: () => void;
}

interface Somebody {
  readonly target: { readonly sectionId: string } | { readonly userId: string };
  readonly id: string;
  readonly name: string;
}

/** Gives a section or a student more time: whoever is chosen has it. */
export function Extension({ run, row, sections, onDone, onClose }: ExtensionProps) {
  const [part, setPart] = useState("");
  const [days, setDays] = useState("7");
  const [students, setStudents] = useState<readonly Somebody[]>([]);
  const [isBusy, startChange] = useTransition();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    let isCurrent = true;
    void findStudents({ run, part }).then((answer) => {
      if (!isCurrent || answer.kind !== "students") return;
      setStudents(answer.students.map(({ id, name }) => ({ target: { userId: id }, id, name })));
    });
    return () => {
      isCurrent = false;
    };
  }, [run, part]);
  const whole = sections
    .filter(({ name }) => name.toLowerCase().includes(part.trim().toLowerCase()))
    .map(({ id, name }): Somebody => ({ target: { sectionId: id }, id, name: `Section ${name}` }));
  const extend = ({ target, name }: Somebody) =>
    startChange(async () => {
      const more = Number(days);
      const input = { run, target: { ...row.target, ...target }, days: more };
      const result = await extendDates(input);
      onDone(`${row.label}: ${name} has ${more} days more`, result);
      onClose();
    });
  return (
    <dialog ref={dialog} className={css["extension"]} aria-labelledby="extension" onClose={onClose}>
      <h2 id="extension">More time: {row.label}</h2>
      <div className={css["tools"]}>
        <label>
          Who <input type="search" value={part} onChange={({ target }) => setPart(target.value)} />
        </label>
        <label>
          Days{" "}
          <input
            inputMode="numeric"
            size={4}
            value={days}
            onChange={({ target }) => setDays(target.value)}
          />
        </label>
      </div>
      <ul aria-label="Sections and students" aria-busy={isBusy}>
        {[...whole, ...students].map((somebody) => (
          <li key={somebody.id}>
            <button type="button" onClick={() => extend(somebody)}>
              {somebody.name}
            </button>
          </li>
        ))}
      </ul>
      {whole.length + students.length === 0 && <p>Nobody is called so.</p>}
      <button type="button" className={controls["button"]} onClick={onClose}>
        Cancel
      </button>
    </dialog>
  );
}
