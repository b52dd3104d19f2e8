import { lookup } from 'node:dns/promises'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

/** Whether the names of what is served lead to the front. */
export async function checkNames({ settings, domains }: Patient): Promise<Finding[]> {
  if (!domains) return []
  const { apps, databases, front } = settings
  const names = [
    ...apps.map(({ name, subdomain = name }) => `${subdomain}.${domains.apps}`),
    ...databases.map(({ name }) => (name === undefined ? domains.mongodb : `${name}.${domains.mongodb}`)),
  ]
  const expected = front.address === undefined ? await addressesOf(new URL(front.url).hostname) : [front.address]
  return Promise.all([...new Set(names)].map((name) => checkName(name, expected)))
}

async function checkName(name: string, expected: string[]): Promise<Finding> {
  const found = await addressesOf(name)
  const [, ...parents] = name.split('.')
  if (found.length === 0) {
    const advice = `Set a DNS record for *.${parents.join('.')} that leads to the front`
    return wrong('dns', `${name} stands for no address: nobody finds it`, advice)
  }
  if (expected.length === 0 || found.some((address) => expected.includes(address)))
    return well('dns', `${name} leads to ${found.join(', ')}`)
  const advice = 'This is right where a load balancer stands before the front. Otherwise correct the DNS record'
  return doubtful(
    'dns',
    `${name} leads to ${found.join(', ')}, and the front’s API is at ${expected.join(', ')}`,
    advice,
  )
}

/** `localhost` and addresses stand for themselves. */
const addressesOf = (name: string): Promise<string[]> =>
  lookup(name.replace(/^\[|\]$/g, ''), { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  )
