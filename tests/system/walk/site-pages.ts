/** Pages and routes of readers, students and accounts. */
import { EVERYBODY, SIGNED_IN } from "../visitors.ts";
import { publishDot, publishTaskDot } from "../written-document.ts";
import { LECTURE, members, own, peopleManagers, type Readable, submitters } from "./table.ts";

export const SITE_PAGES: Record<string, Readable> = {
  "app/page.tsx": { path: () => "/", allowed: EVERYBODY },
  "app/lectures/[slug]/page.tsx": { path: () => `/lectures/${LECTURE}`, allowed: EVERYBODY },
  "app/lectures/[slug]/cells.ts/route.ts": {
    path: () => `/lectures/${LECTURE}/cells.ts`,
    allowed: EVERYBODY,
  },
  "app/lectures/[slug]/notebook.ipynb/route.ts": {
    path: () => `/lectures/${LECTURE}/notebook.ipynb`,
    allowed: EVERYBODY,
  },
  "app/lectures/[slug]/reading/route.ts": {
    path: () => `/lectures/${LECTURE}/reading`,
    sends: { section: "", ran: [], failed: [], failedAsGiven: [] },
    allowed: ["student", "another student"],
    denied: 403,
  },
  "app/progress/page.tsx": {
    path: () => "/progress",
    allowed: [...submitters, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
  },
  "app/lectures/[slug]/pictures/[file]/route.ts": {
    path: ({ site: { url } }) => publishDot(url, LECTURE),
    allowed: EVERYBODY,
  },
  "app/search/page.tsx": { path: () => "/search?q=map", allowed: EVERYBODY },
  "app/search/hits/route.ts": { path: () => "/search/hits?q=map", allowed: EVERYBODY },
  "app/exercises/[id]/page.tsx": {
    path: ({ exerciseSlug }) => `/exercises/${exerciseSlug}`,
    allowed: EVERYBODY,
  },
  "app/exercises/[id]/pictures/[file]/route.ts": {
    path: ({ site: { url }, exerciseSlug }) => publishTaskDot(url, exerciseSlug),
    allowed: EVERYBODY,
  },
  "app/submissions/[id]/page.tsx": {
    path: ({ submissionId }) => `/submissions/${submissionId}`,
    allowed: own,
    denied: 404,
    leadsToSignIn: true,
  },
  "app/submissions/[id]/events/route.ts": {
    path: ({ submissionId }) => `/submissions/${submissionId}/events`,
    allowed: own,
    denied: 404,
  },
  "app/signin/page.tsx": { path: () => "/signin", allowed: ["signed out"], denied: "elsewhere" },
  // What it does where the site sends mail is tested in mail.test.ts.
  "app/signin/forgotten/page.tsx": {
    path: () => "/signin/forgotten",
    allowed: [],
    denied: 404,
  },
  // What they do where there is a provider is tested in oidc.test.ts.
  "app/signin/oidc/route.ts": { path: () => "/signin/oidc", allowed: [], denied: 404 },
  "app/signin/oidc/callback/route.ts": {
    path: () => "/signin/oidc/callback",
    allowed: [],
    denied: 404,
  },
  "app/signup/page.tsx": { path: () => "/signup", allowed: ["signed out"], denied: "elsewhere" },
  "app/reset/[token]/page.tsx": { path: () => "/reset/unknown", allowed: EVERYBODY },
  "app/account/page.tsx": { path: () => "/account", allowed: SIGNED_IN, leadsToSignIn: true },
  "app/admin/page.tsx": {
    path: () => "/admin",
    allowed: peopleManagers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/mail/stop/[token]/page.tsx": { path: () => "/mail/stop/unknown", allowed: EVERYBODY },
  "app/account/data.zip/route.ts": {
    path: () => "/account/data.zip",
    allowed: SIGNED_IN,
    denied: 403,
  },
  "app/admin/people/[id]/page.tsx": {
    path: (to) => `/admin/people/${to.userId("student")}`,
    allowed: ["admin"],
    denied: 403,
    leadsToSignIn: true,
  },
  "app/admin/people/[id]/data.zip/route.ts": {
    path: (to) => `/admin/people/${to.userId("student")}/data.zip`,
    allowed: ["student", "admin"],
    denied: 403,
  },
  "app/join/page.tsx": { path: () => "/join", allowed: EVERYBODY },
  "app/join/[token]/page.tsx": { path: () => "/join/unknown", allowed: EVERYBODY },
  "app/questions/page.tsx": {
    path: () => "/questions",
    allowed: [...members, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
    only: /^\/class\/\w+\/questions$/,
  },
  "app/questions/counts/route.ts": {
    path: () => `/questions/counts?lecture=${LECTURE}`,
    allowed: ["reader", "student", "another student", "ta", "instructor", "instructor elsewhere"],
    denied: 403,
  },
  "app/healthz/route.ts": { path: () => "/healthz", allowed: EVERYBODY },
  "app/readyz/route.ts": { path: () => "/readyz", allowed: EVERYBODY },
  // From this machine; who may read it from elsewhere is tested beside it.
  "app/metrics/route.ts": { path: () => "/metrics", allowed: EVERYBODY },
  "app/cell-types/route.ts": { path: () => "/cell-types", allowed: EVERYBODY },
  "app/sandbox/frame/route.ts": { path: () => "/sandbox/frame", allowed: EVERYBODY },
};
