"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

const LOOK_AGAIN_MS = 1000;

/** Asks the server for the page again while something goes on. Without a script one loads it again. */
export function LookAgain({ isOn }: { isOn: boolean }) {
  const router = useRouter();
  useEffect(() => {
    if (!isOn) return;
    const alarm = setInterval(() => router.refresh(), LOOK_AGAIN_MS);
    return () => clearInterval(alarm);
  }, [isOn, router]);
  return null;
}
