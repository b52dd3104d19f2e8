import { type Document, isNode, parseDocument, YAMLSeq } from 'yaml'
import { readSettings, SettingsError } from '../config/read.ts'
import { openFront } from '../daemon/agent-front.ts'
import { askDaemon } from '../daemon/control.ts'
import { readIfThere, writeWhole } from '../daemon/files.ts'
import { openMemory } from '../daemon/memory.ts'
import { keyOf, placeOfApp, placeOfDatabase, placeOfRoute } from '../plan/place.ts'
import { type Command, CommandError, EXIT, type Input } from './command.ts'
import { openFolder, openProject, settingsPath } from './project.ts'

export const routesList: Command = {
  name: 'routes list',
  summary: 'The routes of this agent at the front, and whether agent.yaml has them',
  async run(input, terminal) {
    const { settings, folder } = await openProject(input)
    const front = await openFront(settings, folder)
    try {
      const listing = front.client.listRoutes({ signal: input.signal, patienceMs: 5_000 })
      const routes = await terminal.during('Asking the front', listing)
      const memory = await openMemory(folder.state)
      const wanted = new Set([...settings.apps.map(placeOfApp), ...settings.databases.map(placeOfDatabase)].map(keyOf))
      const made = new Set(memory.made.map(keyOf))
      const rows = routes.map((route) => {
        const key = keyOf(placeOfRoute(route))
        const origin = wanted.has(key) ? 'agent.yaml' : made.has(key) ? 'no more in agent.yaml' : 'not from agent.yaml'
        const target = route.type === 'http' ? route.targetUrl : `${route.targetHost}:${route.targetPort}`
        const { type, domain, status, reason = null } = route
        const pathPrefix = route.type === 'http' ? route.pathPrefix : null
        return { type, domain, pathPrefix, target, status, reason, origin }
      })
      terminal.answer({ routes: rows })
      if (rows.length === 0) terminal.say('The front has no route of this agent')
      const width = Math.max(0, ...rows.map(({ domain, pathPrefix }) => `${domain}${pathPrefix ?? ''}`.length))
      for (const { domain, pathPrefix, target, status, reason, origin } of rows) {
        const colour = status === 'degraded' || status === 'failed' ? 'red' : status === 'pending' ? 'yellow' : 'green'
        const told = `${`${domain}${pathPrefix ?? ''}`.padEnd(width)}  ${terminal.paint(colour, status.padEnd(8))}  ${target}`
        terminal.say(`${told}  ${terminal.paint('dim', origin)}${reason === null ? '' : `  ${reason}`}`)
      }
      return EXIT.done
    } finally {
      front.close()
    }
  },
}

export const routesAdd: Command = {
  name: 'routes add',
  takes: 'NAME TARGET',
  summary: 'Puts an app in agent.yaml; a running agent serves it at once',
  options: {
    subdomain: { value: 'LABEL', about: 'The first label of its host name; NAME if not given' },
    path: { value: 'PREFIX', about: 'Only paths under it, such as /api/' },
    database: { about: 'TARGET is a MongoDB: a port, or host:port' },
    direct: { about: 'The front asks TARGET itself, not through the ingress' },
  },
  about: 'TARGET is a port of this machine, or a URL such as http://127.0.0.1:3000.',
  async run(input, terminal) {
    const [name = '', target = ''] = input.words
    const list = input.has('database') ? 'databases' : 'apps'
    const entry = list === 'apps' ? appEntry(name, target, input) : databaseEntry(name, target, input)
    await edit(input, (document) => {
      const entries = document.get(list)
      if (entries instanceof YAMLSeq && entries.items.length > 0) document.addIn([list], document.createNode(entry))
      else document.set(list, document.createNode([entry]))
    })
    terminal.answer({ added: entry })
    const runs = await askDaemon((await openFolder(input)).socket, 'status', input.signal)
    terminal.say(
      `${name} is in agent.yaml now; ${runs ? 'status tells how it goes' : 'cloudlunacy-agent up serves it'}`,
    )
    return EXIT.done
  },
}

export const routesRemove: Command = {
  name: 'routes remove',
  takes: 'NAME',
  summary: 'Takes an app or a database out of agent.yaml; a running agent removes its route at once',
  async run(input, terminal) {
    const [name = ''] = input.words
    await edit(input, (document) => {
      const found = ['apps', 'databases'].flatMap((list) => {
        const entries = document.get(list)
        if (!(entries instanceof YAMLSeq)) return []
        const at = entries.items.findIndex(
          (entry) => isNode(entry) && document.getIn([list, entries.items.indexOf(entry), 'name']) === name,
        )
        return at === -1 ? [] : [[list, at] as const]
      })
      if (found.length === 0) throw new CommandError(`agent.yaml has no app and no database "${name}"`)
      for (const path of found) document.deleteIn(path)
    })
    terminal.answer({ removed: name })
    terminal.say(`${name} is no more in agent.yaml`)
    return EXIT.done
  },
}

function appEntry(name: string, target: string, input: Input) {
  const [subdomain, pathPrefix] = [input.text('subdomain'), input.text('path')]
  return {
    name,
    ...(subdomain !== undefined && { subdomain }),
    target: /^\d+$/.test(target) ? Number(target) : target,
    ...(input.has('direct') && { expose: 'direct' }),
    ...(pathPrefix !== undefined && { options: { pathPrefix } }),
  }
}

function databaseEntry(name: string, target: string, input: Input) {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(target) ?? []
  if (port === undefined)
    throw new CommandError('TARGET of a database must be a port, or host:port', { exitCode: EXIT.misused })
  return {
    name,
    ...(host !== undefined && { host }),
    port: Number(port),
    ...(input.has('direct') && { expose: 'direct' }),
  }
}

/** Comments and order stay. What would be a mistake is not written. */
async function edit(input: Input, change: (document: Document) => void): Promise<void> {
  const file = settingsPath(input)
  const text = await readIfThere(file)
  if (text === null) throw new CommandError(`There is no ${file}: cloudlunacy-agent init makes one`)
  // What is wrong already is said before anything is changed.
  readSettings(text, { file, environment: input.environment, unset: 'left' })
  const document = parseDocument(text)
  change(document)
  const changed = document.toString({ lineWidth: 0 })
  assertNoMistake(() => readSettings(changed, { file, environment: input.environment, unset: 'left' }))
  await writeWhole(file, changed)
}

/** Of what is not written, nobody can look for the place in the file. */
function assertNoMistake(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    const mistakes = error.mistakes.map((mistake) => mistake.replace(/^\d+:\d+ (?:(?:apps|databases)\[\d+\]\.?)?/, ''))
    throw new CommandError(`agent.yaml stays as it is: ${mistakes.join('; ')}`, { exitCode: EXIT.misused })
  }
}
