import { stringify } from 'yaml'

export interface Initial {
  agent: string
  name: string | undefined
  front: { url: string; address: string | undefined; trust: 'pinned' | 'system' }
  address: string
  port: number
}

/** The first agent.yaml: what was asked for, and how it goes on. */
export function initialText({
  agent,
  name,
  front: { url, address: frontAddress, trust },
  address,
  port,
}: Initial): string {
  const isPlain = frontAddress === undefined && trust === 'pinned'
  const front = isPlain
    ? url
    : { url, ...(frontAddress !== undefined && { address: frontAddress }), ...(trust !== 'pinned' && { trust }) }
  return [
    '# What this machine serves. A running agent applies changes at once; "cloudlunacy-agent up --dry-run" shows them first.',
    stringify({ agent, ...(name !== undefined && { name }), front }).trimEnd(),
    '# Where the front reaches this machine, and the one port that is open to it.',
    stringify({ address, ingress: { port } }).trimEnd(),
    '',
    'apps: []',
    '#  - name: shop                        # at shop.<the front’s domain for apps>',
    '#    target: 3000                      # it runs already, on this machine',
    '#  - name: blog',
    '#    command: node server.js           # the agent runs it, and gives it a PORT',
    '#    folder: /srv/blog',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of agent.yaml.
    '#    environment: { DATABASE_URL: "${DATABASE_URL}" }',
    '#    health: { path: /health }',
    'databases: []',
    '#  - port: 27017                       # a MongoDB, at this agent’s own host name',
    '',
  ].join('\n')
}
