"use client";

import { type ReactNode, useState, useTransition } from "react";
import { closedLinkText } from "../closed-link.ts";
import { useGridKeys } from "../grid-keys.ts";
import { ROLE_NAMES } from "../role-names.ts";
import {
  closeAccount,
  mailResetLink,
  makeResetLink,
  openAccount,
  type Refusal,
  setPersonRole,
} from "./actions.ts";
import css from "./admin.module.css";
import { LinkOnce } from "./link-once.tsx";
import { refusalText } from "./refusal-text.ts";
import { type Notice, UndoBar } from "./undo-bar.tsx";

type Role = "reader" | "student" | "ta" | "instructor";

export interface RunToManage {
  readonly id: string;
  readonly title: string;
  /** The roles that the viewer may give in it. */
  readonly roles: readonly Role[];
}

export interface PersonRow {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly isAdmin: boolean;
  readonly banned: boolean;
  readonly roles: readonly { readonly runId: string; readonly role: Role }[];
  readonly mayReset: boolean;
  readonly mayBan: boolean;
  /** Where all data of the person is; undefined: not for this viewer. */
  readonly dataUrl: string | undefined;
}

interface PeopleTableProps {
  runs: readonly RunToManage[];
  people: readonly PersonRow[];
  /** Whether the site can mail links. */
  mails: boolean;
}

/** Who is what in which run. A change is done at once, and can be undone. */
export function PeopleTable({ runs, people, mails }: PeopleTableProps) {
  const grid = useGridKeys(people.length, 4 + runs.length);
  const [notice, setNotice] = useState<Notice | undefined>(undefined);
  const [isBusy, startChange] = useTransition();

  const say = (text: string, undo?: () => Promise<Notice>) => setNotice({ text, undo });
  const refuse = (refusal: Refusal) => say(refusalText(refusal));
  const changeRole = (person: PersonRow, run: RunToManage, role: Role | "none") =>
    startChange(async () => {
      const answer = await setPersonRole({ userId: person.userId, runId: run.id, role });
      if (answer.kind !== "set") return refuse(answer);
      const { before } = answer;
      const more = closedLinkText(answer);
      say(`${person.name} in ${run.title}: ${ROLE_NAMES[role]}${more}`, async () => {
        await setPersonRole({ userId: person.userId, runId: run.id, role: before });
        return { text: `${person.name} in ${run.title}: ${ROLE_NAMES[before]} again` };
      });
    });
  const changeOpen = ({ userId, name, banned }: PersonRow) =>
    startChange(async () => {
      const [act, undo] = banned ? [openAccount, closeAccount] : [closeAccount, openAccount];
      const answer = await act({ userId });
      if (answer.kind !== "done") return refuse(answer);
      say(`${name}: the account is ${banned ? "open" : "closed"}`, async () => {
        await undo({ userId });
        return { text: `${name}: the account is ${banned ? "closed" : "open"} again` };
      });
    });
  const makeLink = ({ userId }: PersonRow) =>
    startChange(async () => {
      const answer = await makeResetLink({ userId });
      if (answer.kind !== "link") return refuse(answer);
      setNotice({ text: <LinkOnce name={answer.name} link={answer.link} /> });
    });
  const mailLink = ({ userId }: PersonRow) =>
    startChange(async () => {
      const answer = await mailResetLink({ userId });
      if (answer.kind !== "mailed") return refuse(answer);
      say(`A link for ${answer.name} is on its way to ${answer.email}`);
    });

  const cell = (row: number, column: number) => {
    const { isGrid, current } = grid;
    if (!isGrid) return {};
    const isCurrent = current.row === row && current.column === column;
    return { "data-row": row, "data-column": column, tabIndex: isCurrent ? 0 : -1 };
  };
  const inside = grid.isGrid ? { tabIndex: -1 } : {};

  return (
    <>
      <div className={css["wrap"]}>
        <table
          className={css["people"]}
          role={grid.isGrid ? "grid" : undefined}
          aria-label="People"
          aria-busy={isBusy}
          onKeyDown={grid.onKeyDown}
          onFocus={grid.onFocus}
        >
          <thead>
            <tr>
              <th scope="col" className={css["name"]}>
                Name
              </th>
              <th scope="col">User name</th>
              <th scope="col">E-mail address</th>
              {runs.map(({ id, title }) => (
                <th key={id} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col">Account</th>
            </tr>
          </thead>
          <tbody>
            {people.map((person, row) => (
              <tr key={person.userId}>
                <th scope="row" className={css["name"]} {...cell(row, 0)}>
                  {person.name}
                </th>
                <td {...cell(row, 1)}>
                  {person.username}
                  {person.isAdmin && <Mark>admin</Mark>}
                  {person.banned && <Mark>closed</Mark>}
                </td>
                <td {...cell(row, 2)}>{person.email}</td>
                {runs.map((run, place) => (
                  <td key={run.id} {...cell(row, 3 + place)}>
                    <RoleChoice
                      person={person}
                      run={run}
                      tabStop={inside}
                      onChange={(role) => changeRole(person, run, role)}
                    />
                  </td>
                ))}
                <td {...cell(row, 3 + runs.length)}>
                  {person.mayReset && (
                    <button
                      type="button"
                      aria-label={`Reset link for ${person.name}`}
                      onClick={() => makeLink(person)}
                      {...inside}
                    >
                      Reset link
                    </button>
                  )}
                  {person.mayReset && mails && (
                    <button
                      type="button"
                      aria-label={`Mail a reset link to ${person.name}`}
                      onClick={() => mailLink(person)}
                      {...inside}
                    >
                      Mail it
                    </button>
                  )}
                  {person.dataUrl !== undefined && (
                    <a href={person.dataUrl} aria-label={`Data of ${person.name}`} {...inside}>
                      Data
                    </a>
                  )}
                  {person.mayBan && (
                    <button
                      type="button"
                      aria-label={`${person.banned ? "Open" : "Close"} the account of ${person.name}`}
                      onClick={() => changeOpen(person)}
                      {...inside}
                    >
                      {person.banned ? "Open" : "Close"}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {people.length === 0 && <p className={css["nobody"]}>Nobody fits.</p>}
      </div>
      <UndoBar notice={notice} onNotice={setNotice} />
    </>
  );
}

function Mark({ children }: { children: ReactNode }) {
  return <span className={css["mark"]}>{children}</span>;
}

interface RoleChoiceProps {
  person: PersonRow;
  run: RunToManage;
  tabStop: { readonly tabIndex?: number };
  onChange: (role: Role | "none") => void;
}

/** What the person is in the run; a word where the viewer may not change it. */
function RoleChoice({ person, run, tabStop, onChange }: RoleChoiceProps) {
  const present = person.roles.find(({ runId }) => runId === run.id)?.role ?? "none";
  if (present !== "none" && !run.roles.includes(present)) return ROLE_NAMES[present];
  return (
    <select
      aria-label={`${person.name} in ${run.title}`}
      value={present}
      onChange={({ target }) => onChange(roleNamed(target.value))}
      {...tabStop}
    >
      {(["none", ...run.roles] as const).map((role) => (
        <option key={role} value={role}>
          {ROLE_NAMES[role]}
        </option>
      ))}
    </select>
  );
}

function roleNamed(value: string): Role | "none" {
  const roles = ["reader", "student", "ta", "instructor"] as const;
  return roles.find((role) => role === value) ?? "none";
}
