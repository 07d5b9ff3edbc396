"use client";

import { useEffect } from "react";
import { useNotebook } from "#notebook/components";
import { Visit } from "./visit.ts";

interface ReadingCountProps {
  slug: string;
  /** Ids, in their order. */
  sections: readonly string[];
}

/** How often it looks where the reader is, in ms. */
const LOOK_MS = 5000;

/**
 * Tells the site how far a student has read and which cells have failed: when the page is left, in
 * one request of a few names, and never when there is nothing new.
 */
export function ReadingCount({ slug, sections }: ReadingCountProps) {
  const notebook = useNotebook();
  useEffect(() => {
    const visit = new Visit(sections);
    const hear = () => visit.hear(notebook.state().cells);
    const look = () => {
      if (document.visibilityState === "visible") visit.look(placeInText(sections));
    };
    const tell = () => {
      if (document.visibilityState === "visible") return;
      const news = visit.news();
      const path = `/lectures/${encodeURIComponent(slug)}/reading`;
      if (news !== undefined) navigator.sendBeacon(path, JSON.stringify(news));
    };
    const stopHearing = notebook.subscribe(hear);
    const looking = setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", tell);
    return () => {
      stopHearing();
      clearInterval(looking);
      document.removeEventListener("visibilitychange", tell);
    };
  }, [notebook, slug, sections]);
  return null;
}

/** The place of the section that is read now; -1: before the first one. */
function placeInText(sections: readonly string[]): number {
  const { innerHeight, scrollY } = window;
  // At the end no heading of a short section comes any higher.
  const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const line = isAtEnd ? innerHeight : innerHeight / 3;
  return sections.findLastIndex((id) => {
    const top = document.getElementById(id)?.getBoundingClientRect().top;
    return top !== undefined && top < line;
  });
}
