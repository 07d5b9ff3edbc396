"use client";

import { type ReactNode, useEffect, useState } from "react";
import css from "./contents.module.css";
import { keepPlace } from "./place.ts";

interface ContentsProps {
  slug: string;
  lecture: string;
  sections: readonly {
    readonly id: string;
    readonly number: number;
    readonly title: string;
    /** Which of its cells were run. */
    readonly ticks: ReactNode;
  }[];
  /** What stands below them. */
  children: ReactNode;
}

/** The contents of a lecture. They mark the section being read and remember it on this device. */
export function Contents({ slug, lecture, sections, children }: ContentsProps) {
  const current = useCurrentSection(sections);
  const [isOpen, setOpen] = useState(false);
  const here = sections.find(({ id }) => id === current);

  useEffect(() => {
    if (here === undefined) return;
    keepPlace({
      slug,
      lecture,
      sectionId: here.id,
      sectionNumber: here.number,
      sectionTitle: here.title,
      at: Date.now(),
    });
  }, [slug, lecture, here]);

  return (
    <nav className={css["contents"]} aria-label="Contents of this lecture" data-open={isOpen}>
      <button
        type="button"
        className={css["open"]}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span>{here === undefined ? "Contents" : `${here.number} ${here.title}`}</span>
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
          <path d="m4 6 4 4 4-4" />
        </svg>
      </button>
      <ol>
        {sections.map(({ id, number, title, ticks }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              aria-current={id === current ? "location" : undefined}
              onClick={() => setOpen(false)}
            >
              <span>{number}</span>
              <span>{title}</span>
            </a>
            {ticks}
          </li>
        ))}
      </ol>
      <div className={css["foot"]}>{children}</div>
    </nav>
  );
}

/** The section whose heading was the last to pass the upper third of the window. */
function useCurrentSection(sections: readonly { readonly id: string }[]): string | undefined {
  const [current, setCurrent] = useState<string | undefined>(undefined);
  useEffect(() => {
    const headings = sections.flatMap(({ id }) => document.getElementById(id) ?? []);
    const look = () => {
      const line = window.innerHeight / 3;
      const passed = headings.filter((heading) => heading.getBoundingClientRect().top < line);
      setCurrent(passed.at(-1)?.id);
    };
    // All above the line is seen, however far: a jump from one section into another is noticed.
    const observer = new IntersectionObserver(look, { rootMargin: "1000000px 0px -67% 0px" });
    for (const heading of headings) observer.observe(heading);
    return () => observer.disconnect();
  }, [sections]);
  return current;
}
