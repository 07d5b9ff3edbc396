"use client";

import { type KeyboardEvent, useRef } from "react";
import type { InspectorView } from "#kernel-sim";
import css from "./inspector.module.css";

/** What a tab shows: a view of a machine, or what the race explorer has found. */
export type Tab = InspectorView | "schedules";

export const VIEWS: readonly (readonly [Tab, string])[] = [
  ["tasks", "Tasks"],
  ["waits", "Waits"],
  ["files", "Files"],
  ["memory", "Memory"],
  ["registers", "Registers"],
  ["bpf", "BPF"],
];
export const SCHEDULES: (typeof VIEWS)[number] = ["schedules", "Schedules"];

interface TabsProps {
  tabs: typeof VIEWS;
  view: Tab;
  id: string;
  onChoose: (view: Tab) => void;
}

/** One stop of the Tab key; arrows go from view to view. */
export function Tabs({ tabs, view, id, onChoose }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([name]) => name === view);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onChoose(tabs[next]?.[0] ?? view);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div ref={list} className={css["tabs"]} role="tablist" aria-label="Views" onKeyDown={move}>
      {tabs.map(([name, title]) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`${id}-${name}`}
          aria-controls={`${id}-panel`}
          aria-selected={name === view}
          tabIndex={name === view ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
