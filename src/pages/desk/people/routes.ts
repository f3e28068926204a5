/** The desk's pages about people: finding them, what is known of one, measures, roles, invitations. */
import { Type } from 'typebox'
import type { App } from '../../../context.ts'
import { isId } from '../../../database/ids.ts'
import type { Role } from '../../../database/tables.ts'
import { listOwn } from '../../../discussion/mine-store.ts'
import { redirect, sendPersonal } from '../../../http/answer.ts'
import type { Server } from '../../../http/fastify.ts'
import { wordingOf } from '../../../http/wording.ts'
import { wordingFor } from '../../../language/messages.ts'
import { actorOf, roleOf } from '../../../people/actor.ts'
import { can, isRole } from '../../../people/can.ts'
import { listNames } from '../../../people/me-store.ts'
import type { People } from '../../../people/people.ts'
import { readFacts, searchPeople } from '../../../people/people-store.ts'
import { giveRole, mayActOn } from '../../../people/roles.ts'
import { MOST_DAYS, measures, readWish, type Wish } from '../../../people/sanction.ts'
import { findByNumber, listNamedAbout } from '../../../people/sanction-store.ts'
import { imposeSanction, liftSanction } from '../../../people/sanctions.ts'
import { readPerson } from '../../../people/store.ts'
import { isProblem, type Problem, problems, refuse } from '../../../problem.ts'
import { sendProblemPage } from '../../problem/problem-page.ts'
import { admit, type Reply, type Request, refuseUnfit, typedIn } from '../form.ts'
import { renderMeasurePage } from './measure.view.tsx'
import { renderPeoplePage } from './people.view.tsx'
import { type RefusedHere, renderPersonPage } from './person.view.tsx'

const PAGE = 50
const COMMENTS = 20
const field = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const exact = { additionalProperties: false } as const
const params = Type.Object({ person: Type.String({ maxLength: 40 }) })

const measureForm = Type.Object(
  {
    kind: Type.String({ maxLength: 20 }),
    reason: field(40),
    days: field(10),
    note: field(4_000),
    everywhere: field(1),
    /** `look`: show what they will be told; `take`; `change`: back to the form. */
    step: Type.Optional(Type.Union((['look', 'take', 'change'] as const).map((step) => Type.Literal(step)))),
  },
  exact,
)

export function peoplePages(server: Server, app: App, people: People): void {
  /** Who looks at the desk's pages; `admit` has let them in. */
  const viewerOf = async (request: Request): Promise<{ id: string; role: Role }> => {
    const actor = actorOf(request)!
    const person = await readPerson(app.db, actor.personId)
    return { id: actor.personId, role: person ? roleOf(app, actor, person) : 'reader' }
  }

  const show = async (request: Request, reply: Reply, id: string, refused?: RefusedHere) => {
    const person = isId(id) ? await readPerson(app.db, id) : undefined
    const facts = person && (await readFacts(app.db, person.id, app.now()))
    if (person?.siteId !== app.site.id || person.claim === 'erased' || !facts)
      return sendProblemPage(app, request, reply, unknown(id))
    const viewer = await viewerOf(request)
    const { after } = request.query as { after?: string }
    const last = after && isId(after) ? after : undefined
    const [sanctions, names, comments] = await Promise.all([
      listNamedAbout(app.db, person.id),
      listNames(app.db, person.id),
      listOwn(app.db, person.id, last, COMMENTS + 1),
    ])
    const page = renderPersonPage({
      app,
      wording: wordingOf(app, request),
      now: app.now(),
      person,
      facts,
      sanctions,
      names,
      comments: comments.slice(0, COMMENTS),
      next: comments.length > COMMENTS ? comments[COMMENTS - 1]!.id : null,
      may: {
        act: viewer.id !== person.id && mayActOn(viewer.role, person.role),
        everywhere: can(viewer.role, 'person.ban-everywhere'),
        giveRole: can(viewer.role, 'person.role'),
        settings: can(viewer.role, 'site.people'),
      },
      isSelf: viewer.id === person.id,
      refused,
    })
    return sendPersonal(reply, refused?.problem ? problems[refused.problem.problem].status : 200, page)
  }

  server.get(
    '/desk/people',
    {
      schema: {
        hide: true,
        querystring: Type.Object({ q: field(400), role: field(20), after: field(40), lang: field(20) }),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.history'))) return reply
      const { q = '', role = '', after } = request.query
      const name = q.trim()
      const named = await findNamed(app, name)
      if (named !== undefined) return redirect(reply, `/desk/people/${named}`)
      const found = await searchPeople(app.db, app.site.id, {
        name,
        role: isRole(role) ? role : undefined,
        after: after && isId(after) ? after : undefined,
        limit: PAGE + 1,
      })
      const page = renderPeoplePage({
        app,
        wording: wordingOf(app, request),
        now: app.now(),
        asked: { q: name, role },
        found: found.slice(0, PAGE),
        next: found.length > PAGE ? found[PAGE - 1]!.id : null,
        settings: can((await viewerOf(request)).role, 'site.people'),
      })
      return sendPersonal(reply, 200, page)
    },
  )

  server.get(
    '/desk/people/:person',
    { schema: { hide: true, params, querystring: Type.Object({ after: field(40), lang: field(20) }) } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.history'))) return reply
      return show(request, reply, request.params.person)
    },
  )

  server.post(
    '/desk/people/:person/sanctions',
    { attachValidation: true, schema: { hide: true, params, body: measureForm } },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.sanction'))) return reply
      const { person: id } = request.params
      const typed = typedIn(request, 'kind', 'reason', 'days', 'note', 'everywhere')
      const { step } = typedIn(request, 'step')
      const again = (problem?: Problem) => show(request, reply, id, { form: 'measure', typed, problem })
      const now = app.now()
      const unfit = refuseUnfit(request)
      const wish = unfit ?? readTyped(typed, now)
      if (isProblem(wish)) return again(wish)
      if (step === 'change') return again()
      if (step === 'take') {
        const taken = await imposeSanction(app, people, actorOf(request)!, id, wish)
        return isProblem(taken) ? again(taken) : redirect(reply, `/desk/people/${id}#measures`)
      }
      const read = readWish(wish, now)
      if (isProblem(read)) return again(read)
      const person = isId(id) ? await readPerson(app.db, id) : undefined
      const facts = person && (await readFacts(app.db, person.id, now))
      if (person?.siteId !== app.site.id || !facts) return sendProblemPage(app, request, reply, unknown(id))
      const viewer = await viewerOf(request)
      if (viewer.id === person.id || !mayActOn(viewer.role, person.role))
        return again(refuse('not-allowed', 'Nobody decides about somebody of their own rank or above.'))
      const page = renderMeasurePage({
        app,
        wording: wordingOf(app, request),
        theirs: wordingFor(facts.language ?? app.site.language, app.site.timeZone),
        person,
        told: { ...read, siteId: read.everywhere ? null : app.site.id },
        typed,
        settings: can(viewer.role, 'site.people'),
      })
      return sendPersonal(reply, 200, page)
    },
  )

  server.post(
    '/desk/sanctions/:sanction/lift',
    {
      attachValidation: true,
      schema: {
        hide: true,
        params: Type.Object({ sanction: Type.String({ maxLength: 40 }) }),
        body: Type.Object(
          { person: field(40), reason: Type.String({ maxLength: 40 }), note: field(4_000) },
          exact,
        ),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.sanction'))) return reply
      const { sanction } = request.params
      const { person, reason, note } = typedIn(request, 'person', 'reason', 'note')
      const given = { reason: reason || null, note: note || null }
      const lifted = refuseUnfit(request) ?? (await liftSanction(app, actorOf(request)!, sanction, given))
      if (!isProblem(lifted)) return redirect(reply, `/desk/people/${lifted.personId}#measures`)
      if (!isId(person) || lifted.problem === 'not-found') return sendProblemPage(app, request, reply, lifted)
      return show(request, reply, person, {
        form: 'lift',
        sanction,
        typed: { reason, note },
        problem: lifted,
      })
    },
  )

  server.post(
    '/desk/people/:person/role',
    {
      attachValidation: true,
      schema: {
        hide: true,
        params,
        body: Type.Object({ role: Type.String({ maxLength: 20 }), badge: field(400) }, exact),
      },
    },
    async (request, reply) => {
      if (!(await admit(app, request, reply, 'person.role'))) return reply
      const { person: id } = request.params
      const typed = typedIn(request, 'role', 'badge')
      const given =
        refuseUnfit(request) ??
        (isRole(typed.role)
          ? await giveRole(app, actorOf(request)!, id, { role: typed.role, badge: typed.badge || null })
          : refuse('body-invalid', 'Choose a role.', { at: '/role' }))
      if (isProblem(given)) return show(request, reply, id, { form: 'role', typed, problem: given })
      // Whoever gave up their own place at the desk has no page of it to come back to.
      const isGone = id === actorOf(request)!.personId && !can(given.role, 'person.history')
      return redirect(reply, isGone ? '/me' : `/desk/people/${id}#role`)
    },
  )
}

const unknown = (id: string) => refuse('person-unknown', `There is nobody ${id.slice(0, 40)} here.`)

/** Somebody who is asked for by their id, or by the number of a measure. */
async function findNamed(app: App, name: string): Promise<string | undefined> {
  if (isId(name)) return name
  return /^[\da-f]{12}$/.test(name) ? findByNumber(app.db, app.site.id, name) : undefined
}

const DAY = 24 * 60 * 60 * 1000

/** The form's fields as a wish; days count from now, for a suspension alone. */
function readTyped(
  typed: Record<'kind' | 'reason' | 'days' | 'note' | 'everywhere', string>,
  now: Date,
): Wish | Problem {
  const kind = measures.find((one) => one === typed.kind)
  if (!kind) return refuse('body-invalid', 'Choose a measure.', { at: '/kind' })
  const days = kind === 'suspend' && typed.days !== '' ? Number(typed.days) : null
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS))
    return refuse('body-invalid', `Days are a number from 1 to ${MOST_DAYS}.`, { at: '/days' })
  return {
    kind,
    reason: typed.reason || null,
    note: typed.note || null,
    until: days === null ? null : new Date(now.getTime() + days * DAY),
    everywhere: typed.everywhere !== '',
  }
}
