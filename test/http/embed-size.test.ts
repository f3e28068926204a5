import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compressAsset } from '../../src/http/assets.ts'
import { packageRoot } from '../../src/settings/settings.ts'

test('a newsroom’s page loads 12 kB of script at most for a discussion', () => {
  const script = readFileSync(join(packageRoot, 'dist/assets/embed.js'))
  expect(compressAsset(script).length).toBeLessThanOrEqual(12_000)
})
