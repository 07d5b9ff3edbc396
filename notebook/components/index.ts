export { CellIsland } from "./cell/cell-island.tsx";
export { CodeText } from "./cell/code-text.tsx";
export { Figure } from "./figures/figure.tsx";
export { Icon } from "./icon.tsx";
export { CellCount, CellTicks } from "./notebook/cell-ticks.tsx";
export { NotebookProvider } from "./notebook/notebook-provider.tsx";
export { NotebookTools } from "./notebook/notebook-tools.tsx";
export { Predict } from "./notebook/predict.tsx";
export { OutputView } from "./outputs/output-view.tsx";
