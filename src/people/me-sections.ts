/** The parts of one's own pages, in their order. A part that comes new is one line here. */
import { addressSection, dataSection, languageSection, nameSection, waysSection } from './me-account.view.tsx'
import { sessionsSection } from './me-sessions.view.tsx'
import type { Section } from './me-standing.ts'
import { passkeysSection } from './passkey.view.tsx'
import { passwordSection } from './password.view.tsx'
import { restrictionsSection } from './told.view.tsx'

/** On /me, above the comments: what is in force about somebody. */
export const restrictionSections: Section[] = [restrictionsSection]

/** On /me/account. */
export const accountSections: Section[] = [
  nameSection,
  languageSection,
  addressSection,
  passkeysSection,
  waysSection,
  passwordSection,
  sessionsSection,
  dataSection,
]
