import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot, readSettings, settingsTable } from '../../src/settings/settings.ts'

test('without anything set, every setting has its default', () => {
  expect(readSettings({})).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    databaseUrl: null,
    rateLimits: true,
  })
})

test('a flag counts more than the environment, the environment more than the default', () => {
  expect(readSettings({ DETENTE_PORT: '9000', DETENTE_HOST: '::1' }, { port: 0 })).toMatchObject({
    port: 0,
    host: '::1',
  })
})

test.each([
  ['DETENTE_PORT', '80a80', 'a whole number'],
  ['DETENTE_PORT', '70000', 'a whole number'],
  ['DETENTE_RATE_LIMITS', 'maybe', 'on or off'],
  ['DETENTE_URL', 'talk.news.example', 'an origin'],
  ['DETENTE_URL', 'https://talk.news.example/path', 'an origin'],
  ['DETENTE_FETCH_ALLOW', 'https://id.news.example, 10.0.0.7', 'an origin'],
])('%s=%s is refused by name', (variable, value, expected) => {
  expect(() => readSettings({ [variable]: value })).toThrow(new RegExp(`${variable}=.*${expected}`))
})

test('the operating guide says what --help says of every setting', () => {
  const guide = readFileSync(join(packageRoot, 'docs/guides/operate.md'), 'utf8').replace(/ +/g, ' ')
  for (const { env, help } of Object.values(settingsTable))
    expect(guide).toContain(`| \`${env}\` | ${help} |`)
})
