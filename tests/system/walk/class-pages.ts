/** Pages and routes of a class. */
import { LECTURE, managers, members, type Readable, teachers } from "./table.ts";

export const CLASS_PAGES: Record<string, Readable> = {
  "app/class/page.tsx": {
    path: () => "/class",
    allowed: [...teachers, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
    only: /^\/class\/./,
  },
  "app/class/[run]/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/exercises/[slug]/[student]/page.tsx": {
    path: (to) => `/class/${to.runSlug}/exercises/${to.exerciseSlug}/${to.userId("student")}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/regrades/[id]/page.tsx": {
    path: async (to) => `/class/${to.runSlug}/regrades/${await to.grades.newRegrade()}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/progress`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/[exercise]/page.tsx": {
    path: ({ runSlug, exerciseSlug }) => `/class/${runSlug}/progress/${exerciseSlug}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/lectures/[lecture]/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/progress/lectures/${LECTURE}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/dates/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/dates`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/grades/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/grades`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/log/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/log`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/roster.csv/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/people/roster.csv`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/people/import/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people/import`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/join/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people/join`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/settings/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/settings`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/gradebook.json/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/gradebook.json`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/gradebook.csv/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/gradebook.csv`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/questions/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/questions`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/questions/new/page.tsx": {
    path: ({ runSlug, exerciseSlug }) => `/class/${runSlug}/questions/new?exercise=${exerciseSlug}`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/questions/[id]/page.tsx": {
    path: async (to) => `/class/${to.runSlug}/questions/${await to.newQuestion("class")}`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/announcements/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/announcements`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
};
