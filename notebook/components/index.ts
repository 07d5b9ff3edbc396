export { CellIsland } from "./cell/cell-island.tsx";
export { CodeText } from "./cell/code-text.tsx";
export { Icon } from "./icon.tsx";
export { CellCount, CellTicks } from "./notebook/cell-ticks.tsx";
export { useNotebook } from "./notebook/context.ts";
export { NotebookProvider } from "./notebook/notebook-provider.tsx";
export { NotebookTools } from "./notebook/notebook-tools.tsx";
export { Predict } from "./notebook/predict.tsx";
export { RevisedCells } from "./notebook/revised-cells.tsx";
