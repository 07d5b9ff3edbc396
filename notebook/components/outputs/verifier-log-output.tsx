"use client";

import type { ClipboardEvent, ReactNode } from "react";
import { type RefusalWords, refusalRows, type VerifierLogData } from "#notebook/document";
import { Fold } from "./fold.tsx";
import css from "./outputs.module.css";

/** Lines that stay visible of a long log, at its beginning and at its end. */
const HEAD = 12;
const TAIL = 8;

/**
 * The verifier's log in two columns: instruction, and what is known after it; below, what a refusal
 * means. What is copied of the log are Linux's own lines.
 */
export function VerifierLogOutput({ log }: { log: VerifierLogData }) {
  const lines = withoutLastEmpty(log.lines).map((text, number) => ({ text, number }));
  const isLong = lines.length > HEAD + TAIL;
  const head = isLong ? lines.slice(0, HEAD) : lines;
  const middle = isLong ? lines.slice(HEAD, -TAIL) : [];
  const tail = isLong ? lines.slice(-TAIL) : [];
  const rows = (some: typeof lines) => (
    <ol className={css["log"]}>
      {some.map(({ text, number }) => (
        <LogLine key={number} text={text} number={number} isError={isExplaining(log, text)} />
      ))}
    </ol>
  );
  return (
    <div data-wide="">
      <div className={css["scroll"]} onCopy={(event) => copyLines(event, log.lines)}>
        <p className={log.ok ? css["accepted"] : css["refused"]}>
          {log.ok ? "Accepted" : `Refused: ${log.errnoName || `errno ${log.errno}`}`}
        </p>
        {rows(head)}
        {middle.length > 0 && <Fold what={`${middle.length} more lines`}>{rows(middle)}</Fold>}
        {tail.length > 0 && rows(tail)}
      </div>
      {log.explanation !== undefined && <Explanation words={log.explanation} />}
    </div>
  );
}

/** The refusal in plain words, in the order in which one would ask. */
function Explanation({ words }: { words: RefusalWords }) {
  return (
    <dl className={css["explanation"]}>
      {refusalRows(words).map(([title, text]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{withCode(text)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Text in backticks is code. */
function withCode(text: string): ReactNode[] {
  return text.split("`").map((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one fixed text
    place % 2 === 1 ? <code key={place}>{part}</code> : part,
  );
}

interface LogLineProps {
  text: string;
  number: number;
  isError: boolean;
}

function LogLine({ text, number, isError }: LogLineProps) {
  const [insn = "", state] = splitState(text);
  const isSummary = text.startsWith("processed ");
  const className = isError ? css["refusal"] : isSummary ? css["summary"] : undefined;
  return (
    <li data-line={number} className={className}>
      <span>{insn}</span>
      {state !== undefined && <span>{state}</span>}
    </li>
  );
}

/** `5: (b7) r0 = 2    ; R0=2` in its two halves. */
export function splitState(line: string): readonly [insn: string, state?: string] {
  const found = /^(\d+: \([0-9a-f]{2}\) .*?)\s+; (.*)$/.exec(line);
  return found ? [found[1] ?? "", found[2] ?? ""] : [line];
}

function isExplaining(log: VerifierLogData, line: string): boolean {
  return log.error !== "" && line === log.error;
}

function withoutLastEmpty(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** Puts Linux's lines on the clipboard, for every line that the selection touches. */
function copyLines(event: ClipboardEvent<HTMLElement>, lines: readonly string[]): void {
  const selection = event.currentTarget.ownerDocument.getSelection();
  if (selection === null || selection.isCollapsed) return;
  const touched = [...event.currentTarget.querySelectorAll("[data-line]")].filter((line) =>
    selection.containsNode(line, true),
  );
  // A part of one line is copied as it is.
  if (touched.length < 2) return;
  const numbers = touched.map((line) => Number(line.getAttribute("data-line")));
  event.clipboardData.setData("text/plain", numbers.map((number) => lines[number]).join("\n"));
  event.preventDefault();
}
