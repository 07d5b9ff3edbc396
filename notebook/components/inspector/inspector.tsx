"use client";

import { type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { InspectorView } from "#kernel-sim";
import { CELL_SEED } from "#notebook/document";
import { type InspectedMoment, isBusy, momentLink } from "#notebook/session";
import { Icon } from "../icon.tsx";
import { useCell, useNotebook } from "../notebook/context.ts";
import css from "./inspector.module.css";
import { Sections, sectionsAsText } from "./sections.tsx";
import { type Asked, Travel } from "./travel.tsx";

interface InspectorProps {
  cellId: string;
  /** Where to begin; undefined: at the end of the cell's last machine. */
  start?: { readonly machine: number; readonly event: number } | undefined;
  onClose: () => void;
}

const VIEWS: readonly (readonly [InspectorView, string])[] = [
  ["tasks", "Tasks"],
  ["waits", "Waits"],
  ["files", "Files"],
  ["memory", "Memory"],
  ["registers", "Registers"],
];

/** The kernel beside the text: one moment of a machine that a cell has run, and the way to any other. */
export function Inspector({ cellId, start, onClose }: InspectorProps) {
  const notebook = useNotebook();
  const cell = useCell(cellId);
  const [asked, setAsked] = useState<Asked>({
    machine: start?.machine ?? 0,
    event: start?.event,
    view: "tasks",
  });
  const [shown, setShown] = useState<InspectedMoment | "none" | undefined>(undefined);
  const [isText, setIsText] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const wasShown = useRef(false);
  const ids = useId();

  useEffect(() => {
    let isOver = false;
    void notebook.inspect(cellId, asked).then((found) => {
      if (isOver) return;
      wasShown.current ||= found !== undefined;
      setShown(found ?? "none");
    });
    return () => {
      isOver = true;
    };
  }, [notebook, cellId, asked]);

  // A new run has new machines: their last moment. What was asked for before the first one is asked again.
  const { output } = cell;
  const run = output.kind === "run" ? output.run : -1;
  const seenRun = useRef(run);
  useEffect(() => {
    if (seenRun.current === run) return;
    seenRun.current = run;
    const hasShown = wasShown.current;
    setAsked((before) =>
      hasShown ? { machine: 0, event: undefined, view: before.view } : { ...before },
    );
  }, [run]);

  useEffect(() => {
    const returnTo = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    const { body } = document;
    const besides = css["besides"] ?? "besides";
    body.classList.add(besides);
    return () => {
      body.classList.remove(besides);
      if (returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true });
    };
  }, []);

  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  const moment = typeof shown === "object" ? shown.moment : undefined;
  /** The moment that is shown, to look at it in another way. */
  const here = (): Asked => ({ ...asked, event: moment?.event, step: undefined });
  const isWaiting = shown === undefined || (shown === "none" && isBusy(cell.status));

  return createPortal(
    <aside
      ref={panel}
      className={css["panel"]}
      aria-label={`Kernel inspector, cell ${cell.number}`}
      tabIndex={-1}
      onKeyDown={keys}
    >
      <div className={css["head"]}>
        <h2>
          Machine <span>of cell {cell.number}</span>
        </h2>
        {typeof shown === "object" && shown.machines > 1 && (
          <MachineChoice shown={shown} asked={asked} onAsk={setAsked} />
        )}
        <button type="button" aria-pressed={isText} onClick={() => setIsText(!isText)}>
          Text
        </button>
        <button
          type="button"
          className={css["icon"]}
          aria-label="Close the inspector"
          onClick={onClose}
        >
          <Icon name="cross" />
        </button>
      </div>
      <Tabs view={asked.view} id={ids} onChoose={(view) => setAsked({ ...here(), view })} />
      <div
        className={css["body"]}
        role="tabpanel"
        id={`${ids}-panel`}
        aria-labelledby={`${ids}-${asked.view}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it
        tabIndex={0}
      >
        {isWaiting && <p>The machine is being looked at.</p>}
        {shown === "none" && !isWaiting && (
          <p>
            This cell has no machine to look at. Run it, or run it again: only the last few are
            kept.
          </p>
        )}
        {moment !== undefined && asked.view !== "waits" && asked.view !== "tasks" && (
          <ProcessChoice moment={moment} onChoose={(pid) => setAsked({ ...here(), pid })} />
        )}
        {moment !== undefined &&
          (isText ? (
            <pre>{sectionsAsText(moment.sections)}</pre>
          ) : (
            <Sections
              sections={moment.sections}
              onPid={asked.view === "tasks" ? (pid) => setAsked({ ...here(), pid }) : undefined}
            />
          ))}
      </div>
      {moment !== undefined && (
        <Travel moment={moment} asked={asked} onAsk={setAsked}>
          <CopyLink
            cellId={cellId}
            source={output.kind === "run" ? output.source : cell.source}
            machine={asked.machine}
            event={moment.event}
          />
        </Travel>
      )}
    </aside>,
    document.body,
  );
}

function MachineChoice({
  shown,
  asked,
  onAsk,
}: {
  shown: InspectedMoment;
  asked: Asked;
  onAsk: (asked: Asked) => void;
}) {
  return (
    <label className={css["choice"]}>
      <span>Machine</span>
      <select
        value={asked.machine}
        onChange={(event) =>
          onAsk({ machine: Number(event.currentTarget.value), event: undefined, view: asked.view })
        }
      >
        {Array.from({ length: shown.machines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: machines have no other name than their number
          <option key={i} value={i}>
            {i + 1}
          </option>
        ))}
      </select>
    </label>
  );
}

function ProcessChoice({
  moment,
  onChoose,
}: {
  moment: InspectedMoment["moment"];
  onChoose: (pid: number) => void;
}) {
  return (
    <label className={css["choice"]}>
      <span>Of task</span>
      <select value={moment.pid} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {moment.processes.map(({ pid, comm, state }) => (
          <option key={pid} value={pid}>
            {pid} {comm} {state}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TabsProps {
  view: InspectorView;
  id: string;
  onChoose: (view: InspectorView) => void;
}

/** One stop of the Tab key; arrows go from view to view. */
function Tabs({ view, id, onChoose }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = VIEWS.findIndex(([name]) => name === view);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + VIEWS.length) % VIEWS.length;
    onChoose(VIEWS[next]?.[0] ?? view);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div ref={list} className={css["tabs"]} role="tablist" aria-label="Views" onKeyDown={move}>
      {VIEWS.map(([name, title]) => (
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

interface CopyLinkProps {
  cellId: string;
  source: string;
  machine: number;
  event: number;
}

/** A link that brings whoever opens it here: with this text, this seed, to this event. */
function CopyLink({ cellId, source, machine, event }: CopyLinkProps) {
  const [said, setSaid] = useState("");
  const copy = useCallback(async () => {
    const fragment = await momentLink({ cell: cellId, source, seed: CELL_SEED, machine, event });
    if (fragment === undefined) {
      setSaid("The text is too long for a link.");
      return;
    }
    const { origin, pathname } = window.location;
    try {
      await navigator.clipboard.writeText(`${origin}${pathname}${fragment}`);
      setSaid("Copied.");
    } catch {
      // No clipboard for this page: the address bar has it then.
      window.history.replaceState(null, "", fragment);
      setSaid("It stands in the address.");
    }
  }, [cellId, source, machine, event]);
  return (
    <div className={css["link"]}>
      <button type="button" onClick={() => void copy()}>
        Copy a link to this moment
      </button>
      <output>{said}</output>
    </div>
  );
}
