"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { CellHistory } from "../cell/cell-history.tsx";
import { Icon } from "../icon.tsx";
import { KeyHelp } from "../keyboard/key-help.tsx";
import css from "./notebook.module.css";
import type { OpenDialog } from "./view.ts";

interface NotebookDialogProps {
  dialog: OpenDialog;
  onClose: () => void;
}

/** What stands before the page until it is closed. */
export function NotebookDialog({ dialog, onClose }: NotebookDialogProps) {
  if (dialog.kind === "help") {
    return (
      <Frame title="Keys" onClose={onClose}>
        <KeyHelp />
      </Frame>
    );
  }
  return (
    <Frame title="Earlier texts" onClose={onClose}>
      <CellHistory cellId={dialog.cellId} onDone={onClose} />
    </Frame>
  );
}

interface FrameProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

function Frame({ title, onClose, children }: FrameProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const returnTo = document.activeElement;
    element.current?.showModal();
    return () => {
      if (returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog ref={element} className={css["dialog"]} aria-label={title} onClose={onClose}>
      <div className={css["dialogHead"]}>
        <h2>{title}</h2>
        <button
          type="button"
          className={css["close"]}
          aria-label="Close"
          onClick={() => element.current?.close()}
        >
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
