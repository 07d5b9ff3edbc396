"use client";

import { useActionState } from "react";
import adminCss from "../../../admin/admin.module.css";
import controls from "../../../controls.module.css";
import form from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { dropSection, nameSection, type SectionState } from "./actions.ts";

interface SectionsProps {
  run: string;
  sections: readonly { readonly id: string; readonly name: string; readonly people: number }[];
}

const EMPTY: SectionState = { kind: "empty" };

/** Sections are made, renamed and, when nobody is in them, deleted. */
export function Sections({ run, sections }: SectionsProps) {
  return (
    <div className={adminCss["new"]}>
      <section>
        <h2>New section</h2>
        <NameForm run={run} id="" button="Make the section" />
      </section>
      {sections.length > 0 && (
        <section>
          <h2>Rename or delete a section</h2>
          <Change run={run} sections={sections} />
        </section>
      )}
    </div>
  );
}

function NameForm({ run, id, button }: { run: string; id: string; button: string }) {
  const [state, action, isPending] = useActionState(nameSection, EMPTY);
  return (
    <form
      action={action}
      className={form["form"]}
      onReset={(event) => state.kind !== "done" && event.preventDefault()}
    >
      <input type="hidden" name="run" value={run} />
      <input type="hidden" name="id" value={id} />
      <label>
        Name of the section
        <input name="name" maxLength={40} autoComplete="off" required />
      </label>
      <Outcome id="section-message" state={state} />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        {button}
      </button>
    </form>
  );
}

function Change({ run, sections }: SectionsProps) {
  const [named, rename, isRenaming] = useActionState(nameSection, EMPTY);
  const [dropped, drop, isDropping] = useActionState(dropSection, EMPTY);
  const state = dropped.kind === "empty" ? named : dropped;
  return (
    <form action={rename} className={form["form"]}>
      <input type="hidden" name="run" value={run} />
      <label>
        Section
        <select name="id">
          {sections.map(({ id, name, people }) => (
            <option key={id} value={id}>
              {name} ({people})
            </option>
          ))}
        </select>
      </label>
      <label>
        New name
        <input name="name" maxLength={40} autoComplete="off" />
      </label>
      <Outcome id="section-change-message" state={state} />
      <div className={controls["row"]}>
        <button type="submit" className={controls["button"]} aria-disabled={isRenaming}>
          Rename
        </button>
        <button
          type="submit"
          formAction={drop}
          className={controls["button"]}
          aria-disabled={isDropping}
        >
          Delete
        </button>
      </div>
    </form>
  );
}

function Outcome({ id, state }: { id: string; state: SectionState }) {
  return (
    <FormMessage
      id={id}
      problem={
        state.kind === "invalid"
          ? state.problem
          : state.kind === "denied"
            ? "Only who instructs this run may do this."
            : undefined
      }
      done={state.kind === "done" ? state.says : undefined}
    />
  );
}
