import type { RegisterFacts, TraceStep, VerifierTrace } from "#notebook/document";
import css from "./registers.module.css";

/** Registers and stack before a step. What the step before it has changed is marked. */
export function Registers({ trace, step }: { trace: VerifierTrace; step: TraceStep }) {
  const before = trace.steps[step.comesFrom ?? -1];
  return (
    <div className={css["known"]} data-scroller>
      <table>
        <thead>
          <tr>
            <th scope="col">reg</th>
            <th scope="col">type</th>
            <th scope="col">range, unsigned</th>
            <th scope="col">known bits, low byte</th>
          </tr>
        </thead>
        <tbody>
          {trace.registers.map((name) => {
            const facts = step.registers[name];
            return (
              <tr
                key={name}
                data-changed={before !== undefined && !isSame(facts, before.registers[name])}
              >
                <th scope="row">{name}</th>
                {facts === undefined ? (
                  <td colSpan={3} className={css["nothing"]}>
                    not initialised
                  </td>
                ) : (
                  <Facts facts={facts} />
                )}
              </tr>
            );
          })}
          {trace.stackSlots.map((name) => (
            <tr
              key={name}
              data-changed={before !== undefined && step.stack[name] !== before.stack[name]}
            >
              <th scope="row">{name}</th>
              {step.stack[name] === undefined ? (
                <td colSpan={3} className={css["nothing"]}>
                  nothing written
                </td>
              ) : (
                <td colSpan={3}>{step.stack[name]}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Facts({ facts }: { facts: RegisterFacts }) {
  return (
    <>
      <td>{facts.type}</td>
      <td>{withPowers(facts.range)}</td>
      <td className={css["bits"]}>{facts.bits}</td>
    </>
  );
}

/** `2^64-1` with its exponent raised. */
function withPowers(range: string) {
  return range
    .split(/\^(\d+)/)
    .map((part, place) => (place % 2 === 1 ? <sup key={part}>{part}</sup> : part));
}

function isSame(a: RegisterFacts | undefined, b: RegisterFacts | undefined): boolean {
  return a?.type === b?.type && a?.range === b?.range && a?.bits === b?.bits;
}
