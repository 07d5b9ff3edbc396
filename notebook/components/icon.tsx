/** The marks of the interface, drawn on 16 by 16. They repeat what a word beside them says. */
const PATHS = {
  run: "M4.5 3v10l8-5z",
  stop: "M4 4h8v8H4z",
  check: "m3 8.5 3.2 3.2L13 4.8",
  cross: "m4 4 8 8M12 4l-8 8",
  stale: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3h-3",
  wait: "M8 2v3M8 11v3M2 8h3M11 8h3M3.8 3.8l2 2M10.2 10.2l2 2M3.8 12.2l2-2M10.2 5.8l2-2",
  pen: "M3 13l.7-3L11 2.8 13.2 5 6 12.3z",
  fold: "m4 6 4 4 4-4",
  stored: "M4 2.5h8v11l-4-3-4 3z",
  dash: "M4 8h8",
  warn: "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.2",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  first: "M12 3.5 6.5 8l5.5 4.5M4 3.5v9",
  back: "M10 3.5 5 8l5 4.5",
  forward: "m6 3.5 5 4.5-5 4.5",
  last: "M4 3.5 9.5 8 4 12.5M12 3.5v9",
  clock: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.8V8l2.2 1.6",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set(["run", "stop"]);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
      fill={FILLED.has(name) ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.5 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
