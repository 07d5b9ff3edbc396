"use client";

import { useEffect, useState } from "react";

const TICK_MS = 100;

/** How long it has been going on, from half a second on: a shorter run would only flicker. */
export function Elapsed() {
  const [tenths, setTenths] = useState(0);
  useEffect(() => {
    const started = performance.now();
    const timer = setInterval(
      () => setTenths(Math.floor((performance.now() - started) / TICK_MS)),
      TICK_MS,
    );
    return () => clearInterval(timer);
  }, []);
  return tenths < 5 ? null : `, ${(tenths / 10).toFixed(1)} s`;
}
