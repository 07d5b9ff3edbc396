"use client";

import { useState, useTransition } from "react";
import css from "../../../admin/admin.module.css";
import { type Notice, UndoBar } from "../../../admin/undo-bar.tsx";
import { closedLinkText } from "../../../closed-link.ts";
import { useGridKeys } from "../../../grid-keys.ts";
import { LocalTime } from "../../../local-time.tsx";
import { ROLE_NAMES } from "../../../role-names.ts";
import { type SetPlaceResult, setPlaceInRun } from "./actions.ts";

type Role = "reader" | "student" | "ta" | "instructor";

interface Place {
  readonly role: Role;
  readonly sectionId: string | null;
}

interface PersonInRun extends Place {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly section: string | null;
  readonly seenAt: string | undefined;
}

interface Head {
  readonly order: string;
  readonly title: string;
  readonly direction: "ascending" | "descending" | undefined;
  readonly href: string;
}

interface RosterTableProps {
  run: string;
  /** The roles that the viewer may give and take; none: they only look on. */
  roles: readonly Role[];
  sections: readonly { readonly id: string; readonly name: string }[];
  heads: readonly Head[];
  people: readonly PersonInRun[];
}

/** The people of a page. A change is done at once, and can be undone. */
export function RosterTable({ run, roles, sections, heads, people }: RosterTableProps) {
  const grid = useGridKeys(people.length, roles.length === 0 ? 6 : 7);
  const [notice, setNotice] = useState<Notice | undefined>(undefined);
  const [isBusy, startChange] = useTransition();

  const put = ({ userId, name }: PersonInRun, after: Place | null, says: string) =>
    startChange(async () => {
      const answer = await setPlaceInRun({ run, userId, after });
      if (answer.kind !== "set") return setNotice({ text: refusalText(answer) });
      const { before } = answer;
      const undo = async (): Promise<Notice> => {
        const undone = await setPlaceInRun({ run, userId, after: before });
        if (undone.kind !== "set") return { text: refusalText(undone) };
        return { text: `${name} is as before` };
      };
      setNotice({ text: `${name}: ${says}${closedLinkText(answer)}`, undo });
    });

  const cell = (row: number, column: number) => {
    const { isGrid, current } = grid;
    if (!isGrid) return {};
    const isCurrent = current.row === row && current.column === column;
    return { "data-row": row, "data-column": column, tabIndex: isCurrent ? 0 : -1 };
  };
  const inside = grid.isGrid ? { tabIndex: -1 } : {};
  const head = (order: string) => {
    const found = heads.find((candidate) => candidate.order === order);
    return (
      <th
        scope="col"
        aria-sort={found?.direction}
        className={order === "name" ? css["name"] : undefined}
      >
        <a href={found?.href}>{found?.title}</a>
        {found?.direction !== undefined && (found.direction === "ascending" ? " ↑" : " ↓")}
      </th>
    );
  };

  return (
    <>
      <div className={css["wrap"]}>
        <table
          className={css["people"]}
          role={grid.isGrid ? "grid" : undefined}
          aria-label="People of the class"
          aria-busy={isBusy}
          onKeyDown={grid.onKeyDown}
          onFocus={grid.onFocus}
        >
          <thead>
            <tr>
              {head("name")}
              <th scope="col">User name</th>
              <th scope="col">E-mail address</th>
              {head("role")}
              {head("section")}
              {head("seen")}
              {roles.length > 0 && <th scope="col">In the run</th>}
            </tr>
          </thead>
          <tbody>
            {people.map((person, row) => {
              const mayChange = roles.includes(person.role);
              const { name, role, sectionId } = person;
              return (
                <tr key={person.userId}>
                  <th scope="row" className={css["name"]} {...cell(row, 0)}>
                    {name}
                  </th>
                  <td {...cell(row, 1)}>{person.username}</td>
                  <td {...cell(row, 2)}>{person.email}</td>
                  <td {...cell(row, 3)}>
                    {mayChange ? (
                      <select
                        aria-label={`Role of ${name}`}
                        value={role}
                        onChange={({ target }) => {
                          const chosen = roles.find((one) => one === target.value) ?? role;
                          put(person, { role: chosen, sectionId }, ROLE_NAMES[chosen]);
                        }}
                        {...inside}
                      >
                        {roles.map((one) => (
                          <option key={one} value={one}>
                            {ROLE_NAMES[one]}
                          </option>
                        ))}
                      </select>
                    ) : (
                      ROLE_NAMES[role]
                    )}
                  </td>
                  <td {...cell(row, 4)}>
                    {mayChange && sections.length > 0 ? (
                      <select
                        aria-label={`Section of ${name}`}
                        value={sectionId ?? ""}
                        onChange={({ target }) => {
                          const chosen = sections.find(({ id }) => id === target.value);
                          const says = chosen === undefined ? "no section" : chosen.name;
                          put(person, { role, sectionId: chosen?.id ?? null }, says);
                        }}
                        {...inside}
                      >
                        <option value="">none</option>
                        {sections.map((section) => (
                          <option key={section.id} value={section.id}>
                            {section.name}
                          </option>
                        ))}
                      </select>
                    ) : (
                      (person.section ?? "none")
                    )}
                  </td>
                  <td {...cell(row, 5)}>
                    {person.seenAt === undefined ? "not yet" : <LocalTime at={person.seenAt} />}
                  </td>
                  {roles.length > 0 && (
                    <td {...cell(row, 6)}>
                      {mayChange && (
                        <button
                          type="button"
                          aria-label={`Remove ${name} from the run`}
                          onClick={() => put(person, null, "removed; what was handed in is kept")}
                          {...inside}
                        >
                          Remove
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
        {people.length === 0 && <p className={css["nobody"]}>Nobody fits.</p>}
      </div>
      <UndoBar notice={notice} onNotice={setNotice} />
    </>
  );
}

function refusalText(refusal: Exclude<SetPlaceResult, { kind: "set" }>): string {
  switch (refusal.kind) {
    case "invalid":
      return refusal.problem;
    case "nobody":
      return "This account is gone: load the page again.";
    case "no-section":
      return "This section is gone: load the page again.";
    case "denied":
      return refusal.because === "signed-out"
        ? "Your session has ended: sign in again."
        : "Only the administrator may do this.";
  }
}
