import { expect, it } from 'vitest'
import { readSettings, SettingsError } from '../../agent/config/read.ts'

const HEAD = 'agent: vps-1\nfront: https://front.example.com\naddress: 203.0.113.7\n'
const read = (text: string, environment = {}) => readSettings(text, { file: 'agent.yaml', environment })

function mistakesOf(text: string, unset: 'refused' | 'left' = 'refused'): string[] {
  try {
    readSettings(text, { file: 'agent.yaml', environment: {}, unset })
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes
    throw error
  }
}

it('what is not said has its default', () => {
  expect(read(HEAD)).toEqual({
    agent: 'vps-1',
    front: { url: 'https://front.example.com', trust: 'pinned' },
    address: '203.0.113.7',
    folder: '.cloudlunacy',
    ingress: { port: 8444 },
    certificates: { from: 'csr' },
    apps: [],
    databases: [],
  })
})

it('secrets come from the environment, and two dollar signs are one', () => {
  const text = `${HEAD}apps:\n  - { name: shop, command: run, environment: { URL: "db://$\{USER}@x", PRICE: "$$5" } }\n`
  expect(read(text, { USER: 'anna' }).apps[0]?.environment).toEqual({ URL: 'db://anna@x', PRICE: '$5' })
  expect(mistakesOf(text)).toEqual(['5:48 needs USER in the environment, which is not set there'])
})

it('who serves nothing needs nothing of what apps and databases want of the environment', () => {
  const wants = (name: string) => `$\{${name}}`
  const text = [
    HEAD,
    'apps:',
    `  - { name: shop, command: run, environment: { KEY: "${wants('KEY')}" } }`,
    'databases:',
    `  - { port: 27018, admin: "${wants('ADMIN')}" }`,
  ].join('\n')
  expect(mistakesOf(text)).toEqual([
    '6:48 needs KEY in the environment, which is not set there',
    '8:20 needs ADMIN in the environment, which is not set there',
  ])
  const { apps, databases } = readSettings(text, { file: 'agent.yaml', environment: {}, unset: 'left' })
  expect(apps[0]).toMatchObject({ name: 'shop', environment: { KEY: wants('KEY') } })
  expect(databases[0]).not.toHaveProperty('admin')
  const mistaken = text.replace('name: shop', 'name: Shop')
  expect(mistakesOf(mistaken, 'left')).toEqual([expect.stringMatching(/^6:\d+ apps\[0\]\.name must be/)])
  const nowhere = `${HEAD}apps: [{ name: shop, target: "${wants('TARGET')}" }]`
  expect(mistakesOf(nowhere, 'left')).toContain('4:22 needs TARGET in the environment, which is not set there')
  const own = text.replace('203.0.113.7', `"${wants('ADDRESS')}"`)
  expect(() => readSettings(own, { file: 'agent.yaml', environment: {}, unset: 'left' })).toThrow('needs ADDRESS')
})

it('what YAML itself refuses only when it is used is a mistake, too', () => {
  expect(mistakesOf('agent: *nobody\n')[0]).toContain('nobody')
})

it('all mistakes are named at once, each with its place', () => {
  const text = [
    'agent: Vps_1',
    'front: http://front.example.com',
    'adress: 203.0.113.7',
    'ingress:',
    '  port: 99999',
    'apps:',
    '  - name: shop',
    '  - name: shop',
    '    target: 3000',
    '    command: node server.js',
    '  - name: api',
    '    target: http://127.0.0.1:3000/path',
    '    options:',
    '      through: agent',
    '      rateLimit: { requests: 0, seconds: 1 }',
    'databases:',
    '  - prot: 27017',
  ].join('\n')
  expect(mistakesOf(text)).toMatchInlineSnapshot(`
    [
      "1:1 agent must be lower-case letters, digits and hyphens, such as shop-1",
      "1:1 address is missing",
      "2:1 front must be https:// : the agent’s key would travel in the open",
      "3:1 unknown field "adress"",
      "5:3 ingress.port must be a port to 65535",
      "7:5 apps[0] needs one of target (it runs already), command, container (the agent runs it)",
      "8:5 apps[1] has target and command: choose one of them",
      "12:5 apps[2].target must not have a path, a query or a fragment: name the server alone",
      "14:7 apps[2].options.through is not said here: write "expose" in the app itself",
      "15:20 apps[2].options.rateLimit.requests must be at least 1: to serve nobody, set maintenance",
      "17:5 databases[0] unknown field "prot"",
    ]
  `)
})

it('names, and hosts with their paths, stand once', () => {
  const apps = [
    '  - { name: shop, target: 3000 }',
    '  - { name: shop, target: 3001, subdomain: other }',
    '  - { name: shop2, target: 3002, subdomain: shop }',
    '  - { name: shop3, target: 3003, subdomain: shop, options: { pathPrefix: /api } }',
  ]
  expect(mistakesOf(`${HEAD}apps:\n${apps.join('\n')}\ndatabases: [{}, {}]\n`)).toMatchInlineSnapshot(`
    [
      "6:7 apps[1].name is the name of apps[0] too",
      "7:34 apps[2].subdomain is the subdomain (and pathPrefix) of apps[0] too",
      "9:17 databases[1].name is the name of databases[0] too",
    ]
  `)
})

it.each([
  ['text that is no YAML', 'agent: [', /^1:\d+ /],
  ['a name that stands twice', `${HEAD}agent: vps-2`, /^4:1 Map keys must be unique/],
  ['nothing at all', '', /^1:1 agent is missing/],
])('%s', (_, text, mistake) => {
  expect(mistakesOf(text)[0]).toMatch(mistake)
})

it.each([
  ['http://127.0.0.1:3005', true],
  ['http://[::1]:3005', true],
  ['https://front.example.com:8443', true],
  ['http://127.example.com', false],
  ['http://10.0.0.1:3005', false],
  ['https://anna:secret@front.example.com', false],
  ['https://front.example.com/api', false],
  ['front.example.com', false],
])('the agent’s key travels encrypted, or on this machine: %s', (url, isGood) => {
  expect(mistakesOf(HEAD.replace('https://front.example.com', url)).length === 0).toBe(isGood)
})
