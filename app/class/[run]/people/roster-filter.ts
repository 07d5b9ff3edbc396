import { ROSTER_ORDERS, type RosterFilter, type RosterOrder } from "#server/class";
import type { RunRole } from "#server/policies";
import type { RosterAddress } from "../../urls.ts";

export const ROLES = ["reader", "student", "ta", "instructor"] as const satisfies RunRole[];

interface AskedRoster {
  readonly filter: RosterFilter;
  readonly order: RosterOrder;
  readonly isDescending: boolean;
  readonly page: number;
  /** The same as it is written in the address. */
  readonly address: RosterAddress;
}

/** What an address asks to see of a roster; what means nothing asks for nothing. */
export function askedRoster(of: (name: string) => string): AskedRoster {
  const search = of("q").trim().slice(0, 100);
  const role = ROLES.find((name) => name === of("role"));
  const section = of("section").slice(0, 40);
  const sort = of("sort");
  const isDescending = sort.startsWith("-");
  const order = ROSTER_ORDERS.find((name) => name === sort.replace(/^-/, "")) ?? "name";
  const page = Math.max(1, Math.trunc(Number(of("page")) || 1));
  return {
    filter: {
      search,
      role,
      section: section === "" ? undefined : section === "-" ? null : section,
    },
    order,
    isDescending,
    page,
    address: {
      q: search,
      role: role ?? "",
      section,
      sort: `${isDescending ? "-" : ""}${order}`,
      page,
    },
  };
}
