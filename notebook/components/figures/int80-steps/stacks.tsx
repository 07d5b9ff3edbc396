import type { EntryEvent, EntryRun, EntryStack } from "#notebook/document";
import { type EntryState, hex } from "./entry-state.ts";
import css from "./int80.module.css";

const WORDS_MIN = 4;

/** Three stacks side by side, each from its end downwards. */
export function Stacks(props: { run: EntryRun; state: EntryState; event: EntryEvent }) {
  const { run, state, event } = props;
  return (
    <div className={css["stacks"]} data-scroller>
      {run.stacks.map((stack) => (
        <Stack key={stack.title} stack={stack} state={state} event={event} />
      ))}
    </div>
  );
}

function Stack(props: { stack: EntryStack; state: EntryState; event: EntryEvent }) {
  const { stack, state, event } = props;
  const sp = state.registers["esp"] ?? 0;
  const isHere = sp <= stack.end && sp > stack.end - 4096;
  const rows = Math.max(WORDS_MIN, stack.words);
  const isEmpty = sp === stack.end - 4 * stack.padding;
  return (
    <table data-here={isHere} aria-current={isHere ? "location" : undefined}>
      <caption>
        <b>{stack.title}</b> {isHere && (isEmpty ? "esp here, empty" : "esp here")}
        <span>ends at {hex(stack.end)}</span>
      </caption>
      <tbody>
        {Array.from({ length: rows }, (_, place) => {
          const address = stack.end - 4 * (place + 1);
          const word = state.words.get(address);
          return (
            <tr
              key={address}
              data-changed={event.writes.some((write) => write.address === address)}
              data-live={isHere && address >= sp && place >= stack.padding}
              data-top={address === sp}
            >
              <th scope="row">{hex(address).slice(-3)}</th>
              <td>{place < stack.padding ? "unused" : (word?.name ?? "")}</td>
              <td>{word === undefined ? "" : hex(word.value)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
