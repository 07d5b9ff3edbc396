"use client";

import { useContext } from "react";
import { NotebookContext } from "../notebook/context.ts";

/** "cell 4", as a way there; outside a lecture its id. */
export function CellName({ id }: { id: string }) {
  const number = useContext(NotebookContext)?.cell(id)?.number;
  return <a href={`#cell-${id}`}>{number === undefined ? `cell ${id}` : `cell ${number}`}</a>;
}
