import type { RosterPlan, RosterStep } from "#server/class";
import { ROLE_NAMES } from "../../../../role-names.ts";
import css from "../../../class.module.css";
import own from "./roster.module.css";

type Place = RosterStep["after"];

const WHAT = {
  account: "gets an account",
  enrol: "has an account, is enrolled",
  change: "is changed",
  same: "stays",
} as const;

/** What a roster would do, or what keeps it from doing anything. */
export function RosterPlanView({ plan }: { plan: RosterPlan }) {
  const { problems, steps, absent, newSections, unknownColumns } = plan;
  const count = (kind: RosterStep["kind"]) => steps.filter((step) => step.kind === kind).length;
  return (
    <>
      <h2>{problems.length > 0 ? "What is wrong" : "What would happen"}</h2>
      {problems.length > 0 && (
        <ul className={own["problems"]}>
          {problems.map(({ line, says }) => (
            <li key={`${line} ${says}`}>
              <b>Line {line}:</b> {says}
            </li>
          ))}
        </ul>
      )}
      <p className={own["say"]}>
        {count("account")} new accounts, {count("enrol")} enrolled who have one, {count("change")}{" "}
        changed, {count("same")} as they are.
        {newSections.length > 0 && ` New sections: ${newSections.join(", ")}.`}
        {unknownColumns.length > 0 && ` Left out: the columns ${unknownColumns.join(", ")}.`}
        {absent.length > 0 &&
          ` ${absent.length} of the run are not in the file: ${namesOf(absent)}. They stay, unless you say otherwise.`}
      </p>
      {steps.length > 0 && (
        <div className={own["plan"]}>
          <table className={css["data"]}>
            <thead>
              <tr>
                <th scope="col">Line</th>
                <th scope="col">Name</th>
                <th scope="col">Address</th>
                <th scope="col">What</th>
                <th scope="col">As</th>
              </tr>
            </thead>
            <tbody>
              {steps.map(({ line, name, email, kind, before, after }) => (
                <tr key={line}>
                  <td>{line}</td>
                  <td>{name}</td>
                  <td>{email}</td>
                  <td>{WHAT[kind]}</td>
                  <td>
                    {kind === "change" && before !== undefined && `${placeText(before)} → `}
                    {placeText(after)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function placeText({ role, section }: Place): string {
  return section === undefined ? ROLE_NAMES[role] : `${ROLE_NAMES[role]} in ${section}`;
}

const NAMED_MAX = 8;

function namesOf(people: readonly { readonly name: string }[]): string {
  const named = people.slice(0, NAMED_MAX).map(({ name }) => name);
  const left = people.length - named.length;
  return left > 0 ? `${named.join(", ")} and ${left} more` : named.join(", ");
}
