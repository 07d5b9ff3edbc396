"use client";

import { type FormEvent, useId, useState } from "react";
import type { Breakpoint, Comparison, InspectorMoment } from "#kernel-sim";
import { Icon } from "../icon.tsx";
import css from "./breakpoints.module.css";

interface BreakpointsProps {
  moment: InspectorMoment;
  /** The moment is the answer to a run. */
  isAsked: boolean;
  onRun: (to: readonly Breakpoint[], by: 1 | -1) => void;
}

type Kind = Breakpoint["kind"];

const KINDS: readonly (readonly [Kind, string])[] = [
  ["call", "system call"],
  ["event", "event"],
  ["state", "state of a task"],
  ["descriptor", "descriptor"],
  ["memory", "memory"],
  ["path", "value"],
];

/** Places at which to stop: they stay while the panel is open. */
export function Breakpoints({ moment, isAsked, onRun }: BreakpointsProps) {
  const [list, setList] = useState<readonly Breakpoint[]>([]);
  const { hit } = moment;
  const isOff = list.length === 0;
  return (
    <details className={css["breakpoints"]}>
      <summary>Breakpoints{list.length > 0 && <span> {list.length}</span>}</summary>
      {list.length > 0 && (
        <ul aria-label="Breakpoints">
          {list.map((each, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: breakpoints are known by their place
            <li key={at} aria-current={hit?.breakpoint === at || undefined}>
              <span>{breakpointText(each)}</span>
              <button
                type="button"
                aria-label={`Remove: ${breakpointText(each)}`}
                onClick={() => setList(list.filter((one) => one !== each))}
              >
                <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <NewBreakpoint moment={moment} onAdd={(added) => setList([...list, added])} />
      <div className={css["run"]}>
        <button type="button" disabled={isOff} onClick={() => onRun(list, -1)}>
          <Icon name="back" /> Run back
        </button>
        <button type="button" disabled={isOff} onClick={() => onRun(list, 1)}>
          Run forward <Icon name="forward" />
        </button>
        <output>{isAsked ? hitText(moment, list) : ""}</output>
      </div>
    </details>
  );
}

function hitText({ hit, problem }: InspectorMoment, list: readonly Breakpoint[]): string {
  if (problem !== "") return `${problem}.`;
  if (hit === null) return "None is met that way.";
  const met = list[hit.breakpoint];
  const name = met === undefined ? "" : breakpointText(met);
  return hit.before === "" ? name : `${name}: ${hit.before}, and then ${hit.after}`;
}

/** A breakpoint in words. */
function breakpointText(breakpoint: Breakpoint): string {
  switch (breakpoint.kind) {
    case "event": {
      const { event, field, is, value } = breakpoint;
      return `${event}${field === "" ? "" : `, ${field} ${is} ${value}`}${ofTask(breakpoint.pid)}`;
    }
    case "call":
      return `${breakpoint.call === "" ? "any system call" : `${breakpoint.call}()`}${ofTask(breakpoint.pid)}`;
    case "state":
      return `state of task ${breakpoint.pid}`;
    case "descriptor":
      return `descriptor ${breakpoint.fd} of task ${breakpoint.pid}`;
    case "memory":
      return `${breakpoint.bytes} bytes at 0x${breakpoint.address.toString(16)} of task ${breakpoint.pid}`;
    case "path":
      return breakpoint.path;
  }
}

function ofTask(pid: number | undefined): string {
  return pid === undefined ? "" : ` of task ${pid}`;
}

function NewBreakpoint({
  moment,
  onAdd,
}: {
  moment: InspectorMoment;
  onAdd: (added: Breakpoint) => void;
}) {
  const [kind, setKind] = useState<Kind>("call");
  const [said, setSaid] = useState("");
  const names = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const made = breakpointOf(kind, new FormData(event.currentTarget));
    if (typeof made === "string") return setSaid(made);
    setSaid("");
    onAdd(made);
  };
  const hasPid = kind !== "path";
  const mayBeAny = kind === "event" || kind === "call";
  return (
    <form className={css["new"]} onSubmit={submit} aria-label="A new breakpoint">
      <label>
        <span>Stop at</span>
        <select value={kind} onChange={(change) => setKind(change.currentTarget.value as Kind)}>
          {KINDS.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {kind === "call" && <Field name="call" title="Name" hint="any" />}
      {kind === "event" && (
        <>
          <Field name="event" title="Tracepoint" hint="sched:sched_switch" list={names} />
          <datalist id={names}>
            {moment.eventNames.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <Field name="field" title="where" hint="field" />
          <label>
            <span className={css["hidden"]}>Comparison</span>
            <select name="is">
              {(["=", "!=", "<", ">"] satisfies Comparison[]).map((sign) => (
                <option key={sign}>{sign}</option>
              ))}
            </select>
          </label>
          <Field name="value" title="Value" hint="value" isQuiet />
        </>
      )}
      {kind === "path" && (
        <Field name="path" title="Path" hint="openFiles[openFile=3].pos" isWide />
      )}
      {hasPid && (
        <label>
          <span>of task</span>
          <select name="pid" key={kind} defaultValue={mayBeAny ? "" : String(moment.pid)}>
            {mayBeAny && <option value="">any</option>}
            {moment.processes.map(({ pid, comm }) => (
              <option key={pid} value={pid}>
                {pid} {comm}
              </option>
            ))}
          </select>
        </label>
      )}
      {kind === "descriptor" && <Field name="fd" title="Number" hint="3" />}
      {kind === "memory" && (
        <>
          <Field name="address" title="Address" hint="0x7ffe0000" />
          <Field name="bytes" title="Bytes" hint="4" />
        </>
      )}
      <button type="submit">Add</button>
      <output>{said}</output>
    </form>
  );
}

interface FieldProps {
  name: string;
  title: string;
  hint: string;
  list?: string;
  isQuiet?: boolean;
  isWide?: boolean;
}

function Field({ name, title, hint, list, isQuiet = false, isWide = false }: FieldProps) {
  return (
    <label data-wide={isWide || undefined}>
      <span className={isQuiet ? css["hidden"] : undefined}>{title}</span>
      <input
        type="text"
        name={name}
        placeholder={hint}
        list={list}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
      />
    </label>
  );
}

/** What the fields say; a text says what is wrong with them. */
function breakpointOf(kind: Kind, fields: FormData): Breakpoint | string {
  const text = (name: string) => String(fields.get(name) ?? "").trim();
  const number = (name: string, otherwise: number) =>
    text(name) === "" ? otherwise : Number(text(name));
  const pid = text("pid") === "" ? undefined : Number(text("pid"));
  if (kind === "event") {
    const event = text("event");
    if (event === "") return "A tracepoint has a name, such as sched:sched_switch.";
    const is = text("is") as Comparison;
    return { kind, event, pid, field: text("field"), is, value: text("value") };
  }
  if (kind === "call") return { kind, call: text("call").replace(/\(\)$/, ""), pid };
  if (kind === "path") {
    if (!/^\w+(\(\d+\))?\[\w+=[^\]]+\]\.\w+$/.test(text("path"))) {
      return "A path is like openFiles[openFile=3].pos or processTree[pid=2].state.";
    }
    return { kind, path: text("path") };
  }
  if (pid === undefined) return "Which task?";
  if (kind === "state") return { kind, pid };
  if (kind === "descriptor") {
    const fd = number("fd", Number.NaN);
    return Number.isInteger(fd) && fd >= 0 ? { kind, pid, fd } : "A descriptor is a number from 0.";
  }
  const address = number("address", Number.NaN);
  const bytes = number("bytes", 4);
  if (!Number.isSafeInteger(address) || address < 0) return "An address is a number, 0x… in hex.";
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > 64) return "1 to 64 bytes are watched.";
  return { kind, pid, address, bytes };
}
