"use client";

import { createContext } from "react";

/** The cell that an output belongs to; undefined where outputs stand alone. */
export const CellIdContext = createContext<string | undefined>(undefined);
