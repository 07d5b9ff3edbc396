import type { Reach } from "#notebook/document";
import css from "./reach-ruler.module.css";

const WIDTH = 552;
const LEFT = 128;
/** Room behind the value, for what lies outside. */
const RIGHT = 72;

interface ReachRulerProps {
  reach: Reach | undefined;
  /** The value's size where no pointer is known yet: its bytes are drawn all the same. */
  valueSize: number;
}

/** The bytes of a map's value, and below them what the step may touch. */
export function ReachRuler({ reach, valueSize }: ReachRulerProps) {
  const byte = (WIDTH - LEFT - RIGHT) / valueSize;
  const x = (place: number) => Math.min(WIDTH - 2, LEFT + place * byte);
  const last = reach?.last ?? 0;
  const inside = Math.min(valueSize, last + 1);
  return (
    <div className={css["scroll"]} data-scroller>
      <svg
        className={css["ruler"]}
        viewBox={`0 0 ${WIDTH} 64`}
        role="img"
        aria-label={reach === undefined ? `A value of ${valueSize} bytes` : describeReach(reach)}
      >
        <text x={0} y={26}>
          map value
        </text>
        <rect className={css["value"]} x={x(0)} y={12} width={byte * valueSize} height={20} />
        {Array.from({ length: valueSize - 1 }, (_, at) => at + 1).map((at) => (
          <path key={at} className={css["byte"]} d={`M${x(at)} 12v20`} />
        ))}
        <text className={css["number"]} x={x(0.5)} y={9} textAnchor="middle">
          0
        </text>
        <text className={css["number"]} x={x(valueSize - 0.5)} y={9} textAnchor="middle">
          {valueSize - 1}
        </text>
        {reach !== undefined && (
          <>
            <text className={css["what"]} x={0} y={53}>
              {reach.isAccess ? `access by ${reach.register}` : `${reach.register} may point`}
            </text>
            <path
              className={css["reach"]}
              d={`M${x(reach.from)} 42v12m0-6H${x(inside)}${last < valueSize ? "m0-6v12" : ""}`}
            />
            {last >= valueSize && (
              <>
                <path className={css["outside"]} d={`M${x(valueSize)} 48H${x(last + 1)}m0-6v12`} />
                <text
                  className={css["number"]}
                  x={Math.min(WIDTH - 8, x(last + 0.5))}
                  y={9}
                  textAnchor="middle"
                >
                  {last}
                </text>
              </>
            )}
          </>
        )}
      </svg>
    </div>
  );
}

function describeReach({ register, from, last, valueSize, isAccess }: Reach): string {
  const where = from === last ? `byte ${from}` : `bytes ${from} to ${last}`;
  const what = isAccess ? `The access by ${register} may touch` : `${register} may point to`;
  const outside = last >= valueSize || from < 0 ? ": outside" : "";
  return `${what} ${where} of a value of ${valueSize} bytes${outside}`;
}
