import { differingLines } from "./differing-lines.ts";

/** One of two texts that stand against each other, with the lines marked that the other has not. */
export function TextVersion({
  title,
  source,
  other,
}: {
  title: string;
  source: string;
  other: string;
}) {
  return (
    <div>
      <b>{title}</b>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0}>
        {differingLines(source, other).map(({ number, text, differs }) => (
          <span key={number}>
            {differs ? <mark>{text}</mark> : text}
            {"\n"}
          </span>
        ))}
      </pre>
    </div>
  );
}
