import { Fragment, type ReactNode } from "react";
import type { MapLecture } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import { COLUMNS, type MapField, ROWS } from "./fields.ts";
import css from "./kernel-map.module.css";

interface KernelMapProps {
  lectures: readonly MapLecture[];
  texts: FigureTexts;
}

/** The kernel as a table of layers and functions; a field leads to the lecture that opens it. */
export function KernelMap({ lectures, texts }: KernelMapProps) {
  return (
    <FigureFrame texts={texts}>
      <div className={css["scroll"]} data-scroller>
        <table className={css["map"]}>
          <thead>
            <tr>
              <td />
              {COLUMNS.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(({ name, fields }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {fields.map((field) => (
                  <Field key={field.name} field={field} lectures={lectures} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </FigureFrame>
  );
}

/** A path may be broken behind its slashes. */
function brokenAtSlashes(place: string): ReactNode {
  return place.split("/").map((part, at, parts) => (
    <Fragment key={part}>
      {part}
      {at < parts.length - 1 && (
        <>
          /<wbr />
        </>
      )}
    </Fragment>
  ));
}

function Field({ field, lectures }: { field: MapField; lectures: readonly MapLecture[] }) {
  const { name, place, lecture } = field;
  const slug = lectures.find(({ number }) => number === lecture)?.slug;
  return (
    <td data-here={lecture === 6 || undefined}>
      <span className={css["name"]}>{name}</span>
      <code>{brokenAtSlashes(place)}</code>
      {lecture !== undefined &&
        (slug === undefined ? (
          <small>lecture {lecture}</small>
        ) : (
          <a href={`/lectures/${slug}`}>lecture {lecture}</a>
        ))}
    </td>
  );
}
