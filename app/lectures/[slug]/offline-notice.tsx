"use client";

import { useSyncExternalStore } from "react";
import css from "./offline-notice.module.css";

function subscribe(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

/** Says that one may go on without a network. It lies over the foot of the window. */
export function OfflineNotice() {
  const isOnline = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  );
  return (
    <div role="status" className={css["place"]}>
      {!isOnline && (
        <p className={css["notice"]}>
          <b>You are offline, and may go on.</b> Edits stay on this device until the network is
          back.
        </p>
      )}
    </div>
  );
}
