import { counted, type EntryDoor } from "#notebook/document";
import { FigureFrame, type FigureTexts } from "../frame.tsx";
import css from "./doors.module.css";

const WIDTH = 100;
/** Decades of ns: from 10 to 10 000. */
const [FIRST_DECADE, LAST_DECADE] = [1, 4];

/** What each door costs, as bars on a logarithmic scale. A picture alone: nothing moves in it. */
export function EntryDoors({ doors, texts }: { doors: readonly EntryDoor[]; texts: FigureTexts }) {
  return (
    <FigureFrame texts={texts}>
      <div className={css["scroll"]} data-scroller>
        <table className={css["doors"]}>
          <thead>
            <tr>
              <th scope="col">way</th>
              <th scope="col">pushed by the processor</th>
              <th scope="col">by the kernel</th>
              <th scope="col">ns, simulated and measured</th>
            </tr>
          </thead>
          <tbody>
            {doors.map((door) => (
              <tr key={door.name}>
                <th scope="row">
                  <b>{door.name}</b>
                  <span>{door.says}</span>
                </th>
                <td>{door.pushed === undefined ? "no entry" : words(door.pushed.byProcessor)}</td>
                <td>{door.pushed === undefined ? "" : words(door.pushed.byKernel)}</td>
                <td>
                  <Bar ns={door.ns} kind="simulated" />
                  {door.measuredNs !== undefined && <Bar ns={door.measuredNs} kind="measured" />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </FigureFrame>
  );
}

function words(count: number): string {
  return counted(count, "word");
}

function Bar({ ns, kind }: { ns: number; kind: "simulated" | "measured" }) {
  const decades = Math.log10(Math.max(ns, 10)) - FIRST_DECADE;
  const width = (decades / (LAST_DECADE - FIRST_DECADE)) * WIDTH;
  return (
    <span className={css["bar"]} data-kind={kind}>
      <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
        <rect x={0} y={1} width={Math.max(width, 1)} height={8} />
      </svg>
      <span>
        {ns.toLocaleString("en")} <i>{kind}</i>
      </span>
    </span>
  );
}
