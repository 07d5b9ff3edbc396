import type { Metadata } from "next";
import { type ListedSection, rosterOf, sectionsOf } from "#server/class";
import { db } from "#server/db";
import { mayGiveRole } from "#server/policies";
import adminCss from "../../../admin/admin.module.css";
import controls from "../../../controls.module.css";
import { ROLE_NAMES } from "../../../role-names.ts";
import { requireStaff } from "../../access.ts";
import css from "../../class.module.css";
import { peopleUrl, type RosterAddress, rosterCsvUrl, single } from "../../urls.ts";
import bookCss from "../gradebook.module.css";
import { askedRoster, ROLES } from "./roster-filter.ts";
import { RosterTable } from "./roster-table.tsx";
import { Sections } from "./sections.tsx";

export const metadata: Metadata = { title: "People of the class" };

/** So many people a page: what a browser lays out at once. */
const PEOPLE_A_PAGE = 100;

interface PeoplePageProps {
  params: Promise<{ run: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** Who is in the run, as what and in which section; its instructors change that in place. */
export default async function PeoplePage({ params, searchParams }: PeoplePageProps) {
  const [{ run: slug }, query] = [await params, await searchParams];
  const { filter, order, isDescending, page, address } = askedRoster((name) => single(query[name]));
  const { viewer, run, mayManage } = await requireStaff(slug, peopleUrl(slug, address));
  const [{ people, total }, sections] = await Promise.all([
    rosterOf(db(), run.id, {
      ...filter,
      order,
      isDescending,
      limit: PEOPLE_A_PAGE,
      offset: (page - 1) * PEOPLE_A_PAGE,
    }),
    sectionsOf(db(), run.id),
  ]);
  const roles = ROLES.filter((role) => mayGiveRole(viewer, run.id, role).kind === "allowed");
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>People</h1>
        <p>
          {run.title} · {total} shown
        </p>
        <p className={css["end"]}>
          {mayManage && (
            <>
              <a href={`/class/${slug}/people/import`}>Upload a roster</a> ·{" "}
              <a href={`/class/${slug}/people/join`}>Links and key</a> ·{" "}
            </>
          )}
          <a href={rosterCsvUrl(slug, address)} download>
            CSV
          </a>
        </p>
      </div>
      <Filter run={slug} address={address} sections={sections} />
      <RosterTable
        run={slug}
        roles={mayManage ? roles : []}
        sections={sections}
        heads={headsOf(slug, address)}
        people={people.map(({ seenAt, ...person }) => ({
          ...person,
          seenAt: seenAt?.toISOString(),
        }))}
      />
      <Pages run={slug} address={address} total={total} />
      {mayManage && <Sections run={slug} sections={sections} />}
    </main>
  );
}

interface FilterProps {
  run: string;
  address: RosterAddress;
  sections: readonly ListedSection[];
}

function Filter({ run, address, sections }: FilterProps) {
  const { q = "", role = "", section = "", sort = "name" } = address;
  return (
    <search>
      <form className={adminCss["filters"]} action={`/class/${run}/people`}>
        <label>
          Name, user name or address
          <input name="q" type="search" defaultValue={q} maxLength={100} />
        </label>
        <label>
          Role
          <select name="role" defaultValue={role}>
            <option value="">any</option>
            {ROLES.map((name) => (
              <option key={name} value={name}>
                {ROLE_NAMES[name]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Section
          <select name="section" defaultValue={section}>
            <option value="">any</option>
            <option value="-">none</option>
            {sections.map(({ id, name, people }) => (
              <option key={id} value={name}>
                {name} ({people})
              </option>
            ))}
          </select>
        </label>
        {sort !== "name" && <input type="hidden" name="sort" value={sort} />}
        <button type="submit" className={controls["button"]}>
          Filter
        </button>
        {(q || role || section) !== "" && <a href={peopleUrl(run, { sort })}>Show all</a>}
      </form>
    </search>
  );
}

const COLUMNS = [
  ["name", "Name"],
  ["role", "Role"],
  ["section", "Section"],
  ["seen", "Last seen"],
] as const;

/** The heads that sort: by the column, and a second time the other way round. */
function headsOf(run: string, address: RosterAddress) {
  return COLUMNS.map(([order, title]) => {
    const [up, down] = [order, `-${order}`];
    const first = order === "seen" ? down : up;
    const other = first === up ? down : up;
    const { sort } = address;
    return {
      order,
      title,
      direction:
        sort === up ? ("ascending" as const) : sort === down ? ("descending" as const) : undefined,
      href: peopleUrl(run, { ...address, page: 1, sort: sort === first ? other : first }),
    };
  });
}

function Pages({ run, address, total }: { run: string; address: RosterAddress; total: number }) {
  const { page = 1 } = address;
  const last = Math.max(1, Math.ceil(total / PEOPLE_A_PAGE));
  if (last === 1 && page === 1) return null;
  return (
    <nav className={bookCss["pages"]} aria-label="Pages of people">
      {page > 1 && (
        <a rel="prev" href={peopleUrl(run, { ...address, page: total === 0 ? 1 : page - 1 })}>
          {total === 0 ? "To the first page" : `Previous ${PEOPLE_A_PAGE}`}
        </a>
      )}
      <span>{total === 0 ? "Nobody is on this page" : `Page ${page} of ${last}`}</span>
      {page < last && total > 0 && (
        <a rel="next" href={peopleUrl(run, { ...address, page: page + 1 })}>
          Next {PEOPLE_A_PAGE}
        </a>
      )}
    </nav>
  );
}
