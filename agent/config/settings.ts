import { z } from 'zod'
import { AgentId, AgentName, IpAddress } from '../../shared/domain/agent.ts'
import { Port } from '../../shared/domain/target-host.ts'
import { App } from './app.ts'
import { Database } from './database.ts'
import { FrontPlace } from './front-place.ts'

export const DEFAULT_FOLDER = '.cloudlunacy'

const Ingress = z
  .strictObject({
    port: Port.default(8_444),
    /** The addresses that it listens on; all of them if not given. */
    host: IpAddress.optional(),
  })
  .prefault({})

const Certificates = z
  .strictObject({
    /** `csr`: the key is made here and never leaves. `front`: the front makes it and hands it over. */
    from: z.enum(['csr', 'front'], 'must be csr or front').default('csr'),
    /** A line for the shell, run after the files have changed. */
    hook: z.string().min(1, 'must not be empty').optional(),
  })
  .prefault({})

/** agent.yaml, parsed. */
export const Settings = z
  .strictObject({
    agent: AgentId,
    name: AgentName.optional(),
    front: FrontPlace,
    /** Where the front reaches this machine. */
    address: IpAddress,
    /** Where the agent keeps its key, certificates, logs and what it knows; beside agent.yaml if it is no absolute path. */
    folder: z.string().min(1, 'must not be empty').default(DEFAULT_FOLDER),
    ingress: Ingress,
    certificates: Certificates,
    apps: z.array(App).default([]),
    databases: z.array(Database).default([]),
  })
  .check(namedOnce)
export type Settings = z.infer<typeof Settings>

/** Names say which app or database is meant; hosts with their paths say where it is. */
function namedOnce({ value: { apps, databases }, issues }: z.core.ParsePayload<z.output<typeof Named>>): void {
  const tell = (list: 'apps' | 'databases', keys: string[], field: string, what: string) => {
    for (const [i, key] of keys.entries()) {
      const first = keys.indexOf(key)
      if (first === i) continue
      const message = `is ${what} of ${list}[${first}] too`
      issues.push({ code: 'custom', message, input: key, path: [list, i, field] })
    }
  }
  tell(
    'apps',
    apps.map(({ name }) => name),
    'name',
    'the name',
  )
  const hosts = apps.map(({ name, subdomain = name, options }) => `${subdomain} ${options?.pathPrefix ?? ''}`)
  tell('apps', hosts, 'subdomain', 'the subdomain (and pathPrefix)')
  tell(
    'databases',
    databases.map(({ name = '' }) => name),
    'name',
    'the name',
  )
}

const Named = z.object({ apps: z.array(App), databases: z.array(Database) })
