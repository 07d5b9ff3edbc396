"use client";

import { useEffect, useState } from "react";
import css from "./lecture-head.module.css";
import { keptPlaces, type Place } from "./place.ts";

/** Offers the way back to where the reader stopped. Its line is there before, so nothing moves. */
export function Continue({ slug }: { slug: string }) {
  const [place, setPlace] = useState<Place | undefined>(undefined);
  // Read once: the place of this visit is no place to go back to.
  useEffect(() => setPlace(keptPlaces().find((kept) => kept.slug === slug)), [slug]);
  return (
    <span className={css["continue"]}>
      {place !== undefined && place.sectionNumber > 1 && (
        <a href={`#${place.sectionId}`}>
          Continue at § {place.sectionNumber} {place.sectionTitle}
        </a>
      )}
    </span>
  );
}
