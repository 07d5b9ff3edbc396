"use client";

import { useEffect, useState } from "react";
import controls from "./controls.module.css";
import css from "./home.module.css";
import { keptPlaces, type Place } from "./lectures/[slug]/place.ts";

interface ResumeProps {
  /** The lectures that there are. */
  slugs: readonly string[];
  first: { readonly slug: string; readonly lecture: string };
}

/** Where the reader stopped on this device, or where to begin. Both take the same room. */
export function Resume({ slugs, first }: ResumeProps) {
  const [place, setPlace] = useState<Place | undefined>(undefined);
  useEffect(() => setPlace(keptPlaces().findLast(({ slug }) => slugs.includes(slug))), [slugs]);
  const path = `/lectures/${place?.slug ?? first.slug}`;
  return (
    <section className={css["resume"]} aria-labelledby="resume">
      <h2 id="resume">{place === undefined ? "Begin here" : whenStopped(place.at)}</h2>
      <p className={css["where"]}>
        {place === undefined
          ? first.lecture
          : `${place.lecture}, § ${place.sectionNumber} ${place.sectionTitle}`}
      </p>
      <div className={controls["row"]}>
        <a
          className={`${controls["button"]} ${controls["first"]}`}
          href={place === undefined ? path : `${path}#${place.sectionId}`}
        >
          {place === undefined ? "Read" : "Continue"}
        </a>
        {place !== undefined && <a href={path}>from the top</a>}
      </div>
    </section>
  );
}

/** In the reader's own way of writing it; drawn in the browser only. */
function whenStopped(at: number): string {
  const when = new Date(at).toLocaleString(undefined, {
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
  });
  return `Where you stopped, ${when}`;
}
