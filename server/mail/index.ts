export {
  CHOSEN_KINDS,
  type ChosenKind,
  chooseMail,
  type MailChoices,
  mailAddress,
  mailChoices,
  PACES,
  type Pace,
  readStop,
} from "./choice.ts";
export {
  askForPasswordLink,
  type InviteResult,
  mailClosedLinks,
  mailInvitations,
  mailNewAccounts,
  mailPasswordLink,
} from "./links.ts";
export { mailAnnouncement, mailAnswer, mailQuestion } from "./outbox.ts";
export { sendsMail } from "./settings.ts";
