import type { SceneFigure } from "../scenes/scene.ts";
import { CLAIMS, describeClaim, FATES, type Fate } from "./claims.ts";
import css from "./post.module.css";

/** The post of August 1991: its claims in order, and below them what became of the chosen one. */
export const annotatedPost: SceneFigure = {
  unit: "claim",
  choice: "Post",
  scenes: [
    {
      id: "post",
      title: "comp.os.minix, 25 August 1991",
      hint: "From: torvalds@klaava.Helsinki.FI · Date: 25 Aug 91 20:57:08 GMT · Subject: What would you like to see most in minix?",
      count: CLAIMS.length,
      says: (position) => {
        const claim = CLAIMS[position];
        return claim === undefined ? "" : describeClaim(claim);
      },
      draw: (position, onMove) => <Post position={position} onMove={onMove} />,
    },
  ],
};

interface PostProps {
  position: number;
  onMove: ((position: number) => void) | undefined;
}

function Post({ position, onMove }: PostProps) {
  const chosen = CLAIMS[position];
  return (
    <>
      <ol className={css["claims"]}>
        {CLAIMS.map(({ quote, fate }, place) => (
          <li key={quote}>
            <button
              type="button"
              tabIndex={-1}
              aria-pressed={place === position}
              onClick={onMove && (() => onMove(place))}
            >
              <FateMark fate={fate} />
              <q>{quote}</q>
            </button>
          </li>
        ))}
      </ol>
      <p className={css["key"]} aria-hidden="true">
        {(Object.keys(FATES) as Fate[]).map((fate) => (
          <span key={fate}>
            <FateMark fate={fate} />
            {FATES[fate]}
          </span>
        ))}
      </p>
      <p className={css["more"]}>
        {chosen?.more !== undefined && (
          <>
            More in this lecture: <a href={chosen.more.href}>{chosen.more.title}</a>
          </>
        )}
      </p>
    </>
  );
}

const SHAPES: Readonly<Record<Fate, string>> = {
  held: "M2.5 7.5 5.5 10.5 11.5 3.5",
  overtaken: "M3 3 11 11M11 3 3 11",
  open: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
};

function FateMark({ fate }: { fate: Fate }) {
  return (
    <svg viewBox="0 0 14 14" width="14" height="14" role="img" aria-label={FATES[fate]}>
      <path d={SHAPES[fate]} />
    </svg>
  );
}
