import { linuxStatistics, type Statistic } from "#notebook/document";
import type { SceneFigure } from "../scenes/scene.ts";
import css from "./card.module.css";

/** How far a number can be followed back, in words. */
const TRUST: Readonly<Record<Statistic["trust"], string>> = {
  counted: "counted, every member",
  sample: "a sample, by a method that is described",
  survey: "a survey: who wanted to answer",
  repeated: "repeated; no count is found",
};

const SLIDE = ["websites", "servers", "cloud", "hollywood", "slide-desktop", "slide-all-screens"];
const SLIDE_REST = ["slide-net-share", "android"];

/** A card a number: the value, and what it needs to be a statement. */
export const statisticCards: SceneFigure = {
  unit: "card",
  choice: "Numbers",
  scenes: [
    cards("slide", "from a slide", "What is missing on each card?", [...SLIDE, ...SLIDE_REST]),
    cards("sources", "with a source", "Who counted, how, and what must one not read into it?", [
      "top500",
      "desktop-june",
      "desktop-2023",
      "desktop-2024",
      "desktop-us-2025",
      "steam",
      "developers",
    ]),
  ],
};

function cards(id: string, title: string, hint: string, ids: readonly string[]) {
  const shown = ids.flatMap((one) => linuxStatistics.filter((statistic) => statistic.id === one));
  return {
    ...{ id, title, hint, count: shown.length },
    says: (position: number) => describe(shown[position]),
    draw: (position: number) => <Card statistic={shown[position]} />,
  };
}

function describe(statistic: Statistic | undefined): string {
  if (statistic === undefined) return "";
  const { value, metric, population, date, source, trust, method } = statistic;
  return `${value} % of ${population}; ${metric}; ${date}; ${said(source)}. Trust: ${TRUST[trust]}. Method: ${method}.`;
}

function said(source: string): string {
  return source === "" ? "nobody is named" : source;
}

function Card({ statistic }: { statistic: Statistic | undefined }) {
  if (statistic === undefined) return null;
  const { value, metric, population, date, source, trust } = statistic;
  const lines = [
    ["of", population, population === "not said"],
    ["what", metric, metric === "market share" || metric === "net market share"],
    ["when", date, date.length < 7],
    ["who counted", source === "" ? "nobody is named" : source, source === ""],
    ["trust", TRUST[trust], trust === "repeated"],
  ] as const;
  return (
    <div className={css["card"]} data-trust={trust}>
      <p className={css["value"]}>
        {value} <span>%</span>
      </p>
      <dl>
        {lines.map(([name, text, isMissing]) => (
          <div key={name} data-missing={isMissing}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
