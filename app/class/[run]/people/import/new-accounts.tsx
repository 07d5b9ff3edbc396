"use client";

import type { ApplyResult } from "#server/class";
import css from "../../../class.module.css";
import { peopleUrl } from "../../../urls.ts";
import type { Mailed } from "./actions.ts";
import own from "./roster.module.css";

interface NewAccountsProps {
  run: string;
  applied: Extract<ApplyResult, { kind: "applied" }> & Mailed;
}

/** What was done. The links of new accounts are seen here, and nowhere again. */
export function NewAccounts({ run, applied }: NewAccountsProps) {
  const { accounts, enrolled, changed, removed, closedLinks, isMailed } = applied;
  return (
    <div className={own["form"]} role="status">
      <h2>The roster is applied</h2>
      <p className={own["say"]}>
        {enrolled} enrolled, {changed} changed, {removed} removed.{" "}
        <a href={peopleUrl(run)}>People</a>
      </p>
      {closedLinks.length > 0 && (
        <p className={own["say"]}>
          {closedLinks.length} who teach from now on had an open link to a password. It is closed
          {isMailed
            ? ", and another one is mailed to them."
            : ": an administrator can make another one."}
        </p>
      )}
      {accounts.length > 0 && (
        <>
          <p className={own["say"]}>
            {accounts.length} have a new account.{" "}
            {isMailed
              ? "Each gets a link by mail. To whom none comes, hand this one:"
              : "Hand each their link:"}{" "}
            it sets their password, once, within a week, and is shown only now. Copy the table, or
            print this page, before you leave it; a new link can be made in the list of people.
          </p>
          <div className={own["plan"]}>
            <table className={css["data"]}>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">User name</th>
                  <th scope="col">Address</th>
                  <th scope="col">Link</th>
                </tr>
              </thead>
              <tbody>
                {accounts.map(({ name, username, email, link }) => (
                  <tr key={email}>
                    <td>{name}</td>
                    <td>{username}</td>
                    <td>{email}</td>
                    <td>
                      <code>{link}</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}
