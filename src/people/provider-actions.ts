/** What an admin does about the providers that let people in. */
import type { App } from '../context.ts'
import { isProblem, type Problem, refuse } from '../problem.ts'
import type { People } from './people.ts'
import { readClientSecret, readProvider, type TypedProvider } from './provider.ts'
import { insertProvider, setProviderSecret } from './provider-store.ts'

/** Lets people in by one more provider; its secret is sealed, and never shown again.
 *  @param id told before, as a part of the address that the provider sends people back to. The same one twice is the same
 *  form sent twice: nothing more happens. */
export async function addProvider(
  app: App,
  people: People,
  id: string,
  typed: TypedProvider,
): Promise<Problem | undefined> {
  const read = readProvider(typed, app.settings.fetchAllow)
  if (isProblem(read)) return read
  const { secret, ...provider } = read
  await insertProvider(
    app.db,
    app.site.id,
    { ...provider, id, secretSealed: seal(people, secret) },
    app.now(),
  )
  return undefined
}

/** Providers let a client's secret run out. The people who come in by it stay who they are. */
export async function changeProviderSecret(
  app: App,
  people: People,
  id: string,
  typed: string,
): Promise<Problem | undefined> {
  const secret = readClientSecret(typed)
  if (isProblem(secret)) return secret
  const isThere = await setProviderSecret(app.db, app.site.id, id, seal(people, secret))
  return isThere ? undefined : refuse('not-found', 'There is no such provider on this site.')
}

const seal = (people: People, secret: string | null): Buffer | null =>
  secret === null ? null : people.addresses.seal(secret)
