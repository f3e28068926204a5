/** What the parts of one's own page are given. A part is a function of its own; me-sections.ts lists them. */
import type { VNode } from 'preact'
import type { App } from '../context.ts'
import type { Wording } from '../language/messages.ts'
import type { Problem } from '../problem.ts'
import type { Actor } from './actor.ts'
import type { People } from './people.ts'
import type { Person } from './person.ts'

/** A form of the page that was refused: its field stands there as it was typed, with why. */
export type RefusedForm = { form: string; typed: string; problem: Problem }

export type Standing = {
  app: App
  people: People
  wording: Wording
  actor: Actor
  person: Person
  refused: RefusedForm | undefined
}

/** @returns null where there is nothing to show */
export type Section = (standing: Standing) => Promise<VNode | null>

export const refusalOf = ({ refused }: Standing, form: string): RefusedForm | undefined =>
  refused?.form === form ? refused : undefined
