"use client";

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { InspectorView } from "#kernel-sim";
import { type InspectedMoment, type InspectorRequest, isBusy } from "#notebook/session";
import { Icon } from "../icon.tsx";
import { useCell, useNotebook } from "../notebook/context.ts";
import { MachineChoice, ProcessChoice } from "./choices.tsx";
import { CopyLink } from "./copy-link.tsx";
import css from "./inspector.module.css";
import { ScheduleTravel } from "./schedule-travel.tsx";
import { Schedules, schedulesAsText } from "./schedules.tsx";
import { Sections, sectionsAsText } from "./sections.tsx";
import { SCHEDULES, type Tab, Tabs, VIEWS } from "./tabs.tsx";
import { Travel } from "./travel.tsx";

interface InspectorProps {
  cellId: string;
  /** Where to begin; undefined: at the end of the cell's last machine. */
  start?: { readonly machine: number; readonly event: number } | undefined;
  onClose: () => void;
}

/** A place in a schedule: which one, and how many of its steps were made. */
interface Place {
  readonly search: number;
  readonly end: number;
  readonly step: number;
}

/** Views that are not of one task. */
const OF_ALL: ReadonlySet<Tab> = new Set(["tasks", "waits", "bpf"]);

/** The kernel beside the text: one moment of a machine that a cell has run, and the way to any other. */
export function Inspector({ cellId, start, onClose }: InspectorProps) {
  const notebook = useNotebook();
  const cell = useCell(cellId);
  const [asked, setAsked] = useState<InspectorRequest>({
    machine: start?.machine ?? 0,
    event: start?.event,
    view: "tasks",
  });
  const [shown, setShown] = useState<InspectedMoment | "none" | undefined>(undefined);
  const [isText, setIsText] = useState(false);
  /** Of the schedule that was shown last: which one, and how many of its steps were made. */
  const [place, setPlace] = useState<Place | undefined>(undefined);
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
  const seen = typeof shown === "object" ? shown : undefined;
  const moment = seen?.moment ?? undefined;
  const found = seen?.schedules ?? undefined;
  const isPlace = place?.search === found?.search && place?.end === found?.end;
  const made = (isPlace ? place?.step : undefined) ?? found?.steps.length ?? 0;
  const goStep = (step: number) =>
    found !== undefined && setPlace({ search: found.search, end: found.end, step });
  /** The moment that is shown, to look at it in another way. */
  const here = (): InspectorRequest => ({
    ...{ ...asked, schedules: undefined },
    ...{ event: moment?.event, step: undefined, run: undefined },
  });
  const askSchedules = (search: number, end?: number) =>
    setAsked({ ...asked, step: undefined, run: undefined, schedules: { search, end } });
  /** The machine on which the schedule was replayed, at its step. */
  const lookInto = (event: number, view: InspectorView) => {
    if (found === undefined) return;
    goStep(made);
    setAsked({ machine: found.machine, event, view });
  };
  const choose = (to: Tab) => {
    if (to === "schedules") askSchedules(place?.search ?? 0, place?.end);
    else if (found === undefined) setAsked({ ...here(), view: to });
    else lookInto(found.steps[made - 1]?.event ?? 0, to);
  };
  const tab: Tab = found === undefined ? asked.view : "schedules";
  const hasSearches = seen !== undefined && seen.searches > 0;
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
          {tab === "schedules" ? "Schedules" : "Machine"} <span>of cell {cell.number}</span>
        </h2>
        {moment !== undefined && (
          <MachineChoice
            machines={seen?.machines ?? 0}
            chosen={asked.machine}
            onChoose={(machine) => setAsked({ machine, event: undefined, view: asked.view })}
          />
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
      <Tabs
        tabs={hasSearches ? [SCHEDULES, ...VIEWS] : VIEWS}
        view={tab}
        id={ids}
        onChoose={choose}
      />
      <div
        className={css["body"]}
        role="tabpanel"
        id={`${ids}-panel`}
        aria-labelledby={`${ids}-${tab}`}
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
        {found !== undefined &&
          (isText ? (
            <pre>{schedulesAsText(found, made)}</pre>
          ) : (
            <Schedules
              found={found}
              step={made}
              onStep={goStep}
              onEnd={(end) => askSchedules(found.search, end)}
            />
          ))}
        {moment !== undefined && !OF_ALL.has(asked.view) && (
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
      {found !== undefined && (
        <ScheduleTravel
          found={found}
          searches={seen?.searches ?? 0}
          step={made}
          onStep={goStep}
          onMoment={(event) => lookInto(event, "tasks")}
          onSearch={(search) => askSchedules(search)}
        />
      )}
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
