import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KINDS } from '../../functions/node/provider-kinds.ts'
import { createLog } from '../../shared/log/log.ts'
import { parseGatewayFile } from '../../shared/providers/gateway-file.ts'

const page = readFileSync('docs/providers.md', 'utf8')
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const log = createLog({ level: 'error', write: () => undefined })

test.each(examples)('the page’s example can stand as it is: %#', (text) => {
  const { providers } = parseGatewayFile(text, { kinds: KINDS, env: { ETCD_PASSWORD: 'secret' }, log })
  expect(providers.length).toBeGreaterThan(0)
})

test('each kind has its section and its example', () => {
  for (const kind of Object.keys(KINDS)) {
    expect(page).toContain(`\n### ${kind}\n`)
    expect(examples.some((text) => text.includes(`kind: ${kind}\n`))).toBe(true)
  }
})
