import type { InspectorSection } from "#kernel-sim";
import css from "./inspector.module.css";

interface SectionsProps {
  sections: readonly InspectorSection[];
  /** Of a list of tasks: one was chosen. */
  onPid?: ((pid: number) => void) | undefined;
}

/** The tables of one view. */
export function Sections({ sections, onPid }: SectionsProps) {
  return sections.map((section) => (
    <section key={section.title} className={css["section"]}>
      <h3>{section.title}</h3>
      {section.rows.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <SectionTable section={section} onPid={section.title === "Tasks" ? onPid : undefined} />
      )}
    </section>
  ));
}

function SectionTable({
  section: { title, columns, rows, numeric, current },
  onPid,
}: {
  section: InspectorSection;
  onPid?: ((pid: number) => void) | undefined;
}) {
  const right = (column: number) => numeric.includes(column) || undefined;
  return (
    <div className={css["scroller"]}>
      <table aria-label={title}>
        <thead>
          <tr>
            {columns.map((column, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns stand where they stand
              <th key={i} scope="col" data-right={right(i)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names of their own
            <tr key={at} aria-current={at === current || undefined}>
              {row.map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells stand in their columns
                <td key={i} data-right={right(i)}>
                  {i === 0 && onPid !== undefined ? (
                    <button
                      type="button"
                      title={`Task ${cell}`}
                      onClick={() => onPid(Number(cell))}
                    >
                      {cell}
                    </button>
                  ) : (
                    cell
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The same in letters of equal width. */
export function sectionsAsText(sections: readonly InspectorSection[]): string {
  return sections.map(sectionAsText).join("\n\n");
}

function sectionAsText({ title, columns, rows, numeric, current }: InspectorSection): string {
  if (rows.length === 0) return `${title}\n  nothing`;
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const width = (i: number) => widths[i] ?? 0;
  const line = (cells: readonly string[], mark: string): string =>
    `${mark} ${cells
      .map((cell, i) => (numeric.includes(i) ? cell.padStart(width(i)) : cell.padEnd(width(i))))
      .join("  ")}`.trimEnd();
  const lines = rows.map((row, at) => line(row, at === current ? ">" : " "));
  return [title, line(columns, " "), ...lines].join("\n");
}
