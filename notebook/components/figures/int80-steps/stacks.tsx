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
  const rows = Math.max(WORDS_MIN, stack.words + 1);
  return (
    <table data-here={isHere}>
      <caption>{stack.title}</caption>
      <tbody>
        <tr>
          <th scope="row">{hex(stack.end)}</th>
          <td colSpan={2}>{sp === stack.end ? "esp, empty" : ""}</td>
        </tr>
        {Array.from({ length: rows - 1 }, (_, place) => {
          const address = stack.end - 4 * (place + 1);
          const word = state.words.get(address);
          return (
            <tr
              key={address}
              data-changed={event.writes.some((write) => write.address === address)}
              data-live={isHere && address >= sp}
              data-top={address === sp}
            >
              <th scope="row">{hex(address).slice(-3)}</th>
              <td>{word?.name ?? ""}</td>
              <td>{word === undefined ? "" : hex(word.value)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
