"use client";

import { createContext } from "react";

/** Whether every cell shows its line numbers. */
export const LineNumbersContext = createContext(false);
