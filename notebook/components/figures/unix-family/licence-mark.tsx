import type { Licence } from "#notebook/document";
import css from "./family.module.css";

/** Terms differ by shape as well as by colour. */
const SHAPES: Readonly<Record<Licence, string>> = {
  closed: "M2.5 2.5h9v9h-9z",
  licensee: "M7 1.5 12.5 7 7 12.5 1.5 7z",
  restricted: "M7 2 12.5 11.5h-11z",
  permissive: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
  copyleft: "M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM7 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  mixed: "M1.5 12.5v-7a5.5 5.5 0 0 1 11 0v7z",
};

/** The mark of the terms under which one gets a system's source. */
export function LicenceMark({ licence }: { licence: Licence }) {
  return (
    <svg
      className={css["licence"]}
      viewBox="0 0 14 14"
      width="14"
      height="14"
      data-licence={licence}
      aria-hidden="true"
    >
      <path d={SHAPES[licence]} fillRule="evenodd" />
    </svg>
  );
}
