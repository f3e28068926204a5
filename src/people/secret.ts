/** The installation's secret, from which every key of this room is derived. Whoever reads it can be anyone. */
import { hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

const SHORTEST = 32

/** From the settings, or from the file `secret` in the data folder, which is made when it isn't there.
 *  Several processes that start at once agree: the first file stands.
 *  @throws an Error that says what to do when the secret is too short or the file cannot be read */
export async function readSecret(settings: { secret: string | null; data: string }): Promise<Buffer> {
  if (settings.secret !== null) {
    if (settings.secret.length < SHORTEST)
      throw new Error(
        `DETENTE_SECRET has ${settings.secret.length} characters: it needs ${SHORTEST} or more (openssl rand -hex 32).`,
      )
    return Buffer.from(settings.secret)
  }
  const file = join(settings.data, 'secret')
  const kept = await readIfThere(file)
  const text = kept ?? (await makeFile(file))
  if (text.trim().length < SHORTEST)
    throw new Error(
      `${file} is shorter than ${SHORTEST} characters. Put the old one back, or remove it: everyone then signs in again.`,
    )
  return Buffer.from(text.trim())
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole under another name, then linked: nobody ever reads half a secret. */
async function makeFile(file: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true })
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(32).toString('hex')}\n`)
    await handle.sync()
    await handle.close()
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(file, 'utf8')
}

/** A key for one purpose (HKDF, RFC 5869, SHA-256): 32 bytes. */
export const deriveKey = (secret: Buffer, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `detente ${purpose}`, 32))
