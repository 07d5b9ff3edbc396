import type { EntryEvent, EntryRun } from "#notebook/document";
import { type EntryState, hex, STEPS, stateAt } from "./entry-state.ts";
import css from "./int80.module.css";
import { Stacks } from "./stacks.tsx";

interface Int80ViewProps {
  run: EntryRun;
  position: number;
  onMove?: ((position: number) => void) | undefined;
}

/** The events by step, the registers, what the kernel has prepared, and the three stacks. */
export function Int80View({ run, position, onMove }: Int80ViewProps) {
  const event = run.events[position];
  if (event === undefined) return null;
  const state = stateAt(run, position);
  return (
    <div className={css["panes"]}>
      <Events run={run} position={position} onMove={onMove} />
      <div className={css["machine"]}>
        <Prepared run={run} event={event} />
        <Registers state={state} event={event} />
        <Stacks run={run} state={state} event={event} />
      </div>
    </div>
  );
}

function Events({ run, position, onMove }: Int80ViewProps) {
  return (
    <div className={css["events"]} data-scroller>
      {STEPS.map((title, at) => (
        <section key={title}>
          <p className={css["step"]}>
            <b>{at + 1}</b> {title}
          </p>
          <ol>
            {run.events.map((event, place) =>
              event.step === at + 1 ? (
                <li
                  // biome-ignore lint/suspicious/noArrayIndexKey: the events of a fixed run
                  key={place}
                  data-by={event.by}
                  aria-current={place === position ? "step" : undefined}
                >
                  <button type="button" tabIndex={-1} onClick={onMove && (() => onMove(place))}>
                    {event.text}
                  </button>
                </li>
              ) : null,
            )}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Prepared({ run, event }: { run: EntryRun; event: EntryEvent }) {
  return (
    <dl className={css["prepared"]}>
      {run.prepared.map(({ name, text }, place) => (
        <div key={name} data-changed={event.reads.includes(place)}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Registers({ state, event }: { state: EntryState; event: EntryEvent }) {
  const { registers } = state;
  const isKernel = registers["cpl"] === 0;
  return (
    <dl className={css["registers"]} data-mode={isKernel ? "kernel" : "user"}>
      {Object.entries(registers).map(([name, value]) => (
        <div key={name} data-changed={name in event.changes}>
          <dt>{name}</dt>
          <dd>{name === "cpl" ? `${value} ${isKernel ? "kernel" : "user"}` : hex(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
