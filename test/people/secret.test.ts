import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deriveKey, readSecret } from '../../src/people/secret.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'detente-secret-'))
})
afterEach(() => rm(data, { recursive: true }))

test('the first start makes a secret that only its owner can read, and later starts find it', async () => {
  const folder = join(data, 'not', 'there')
  const secret = await readSecret({ secret: null, data: folder })
  expect(secret.length).toBeGreaterThanOrEqual(32)
  expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o600)
  expect(await readSecret({ secret: null, data: folder })).toEqual(secret)
  expect(await readdir(folder)).toEqual(['secret'])
})

test('processes that start at once agree on one secret', async () => {
  const secrets = await Promise.all(Array.from({ length: 8 }, () => readSecret({ secret: null, data })))
  expect(new Set(secrets.map((secret) => secret.toString())).size).toBe(1)
  expect(await readdir(data)).toEqual(['secret'])
})

test('a secret from the environment comes before the file, and no file is made', async () => {
  const given = 'k'.repeat(32)
  expect((await readSecret({ secret: given, data })).toString()).toBe(given)
  expect(await readdir(data)).toEqual([])
})

test('a short secret is refused with what to do', async () => {
  await expect(readSecret({ secret: 'k'.repeat(31), data })).rejects.toThrow(
    'DETENTE_SECRET has 31 characters',
  )
  await expect(readSecret({ secret: '', data })).rejects.toThrow('DETENTE_SECRET')
  await writeFile(join(data, 'secret'), 'short\n')
  await expect(readSecret({ secret: null, data })).rejects.toThrow('is shorter than 32 characters')
})

test('each purpose has a key of its own', () => {
  const secret = Buffer.from('s'.repeat(32))
  expect(deriveKey(secret, 'a')).toHaveLength(32)
  expect(deriveKey(secret, 'a')).toEqual(deriveKey(secret, 'a'))
  expect(deriveKey(secret, 'a')).not.toEqual(deriveKey(secret, 'b'))
})
