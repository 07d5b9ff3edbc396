/** Questions, answers and announcements. */
import { type ActionName, form } from "../action-call.ts";
import {
  type Action,
  members,
  onAnnouncements,
  onNewQuestion,
  onQuestion,
  state,
  teachers,
} from "./table.ts";

export const TALK_ACTIONS: Record<ActionName, Action> = {
  "app/class/[run]/questions/actions.ts askQuestion": {
    at: onNewQuestion,
    allowed: members,
    args: async ({ runSlug: run, exerciseSlug: exercise }) => [
      state,
      form({ run, exercise, title: "Why?", text: "Why so?", quote: "let a;", audience: "class" }),
    ],
  },
  "app/class/[run]/questions/actions.ts answerQuestion": {
    at: onQuestion,
    allowed: ["student", ...teachers],
    args: async (to) => [
      state,
      form({ question: await to.newQuestion("staff"), text: "Because." }),
    ],
  },
  "app/class/[run]/questions/actions.ts editText": {
    at: onQuestion,
    allowed: ["student"],
    args: async (to) => [
      state,
      form({ question: await to.newQuestion("class"), text: "What I meant" }),
    ],
  },
  "app/class/[run]/questions/actions.ts settleQuestion": {
    at: onQuestion,
    allowed: ["student", ...teachers],
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), answered: "yes" })],
  },
  "app/class/[run]/questions/actions.ts showQuestion": {
    at: onQuestion,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), audience: "staff" })],
  },
  "app/class/[run]/questions/actions.ts removeTalk": {
    at: onQuestion,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), removed: "yes" })],
  },
  "app/class/[run]/announcements/actions.ts announce": {
    at: onAnnouncements,
    allowed: teachers,
    args: async ({ runSlug: run }) => [state, form({ run, title: "Room", text: "B 1" })],
  },
  "app/class/[run]/announcements/actions.ts changeAnnouncement": {
    at: onAnnouncements,
    allowed: teachers,
    args: async (to) => [
      state,
      form({ announcement: await to.newAnnouncement(), title: "Room", text: "B 2" }),
    ],
  },
  "app/class/[run]/announcements/actions.ts removeAnnouncement": {
    at: onAnnouncements,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ announcement: await to.newAnnouncement(), removed: "yes" })],
  },
  "app/class/[run]/announcements/actions.ts readAnnouncement": {
    at: onAnnouncements,
    allowed: members,
    isSilent: true,
    args: async (to) => [form({ announcement: await to.newAnnouncement() })],
  },
};
