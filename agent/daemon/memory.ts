import { z } from 'zod'
import { keyOf, type Place } from '../plan/place.ts'
import type { MadeRoute } from '../plan/plan.ts'
import { readIfThere, writeWhole } from './files.ts'

const Made = z.object({
  type: z.enum(['http', 'mongodb']),
  label: z.string().nullable(),
  pathPrefix: z.string().nullable(),
  asked: z.string().nullable(),
  seen: z.string().nullable(),
})

const Remembered = z.object({
  routes: z.array(Made).default([]),
  /** How names are made of labels; `null`: the front was never reached. */
  domains: z.object({ apps: z.string(), mongodb: z.string() }).nullable().default(null),
})
export type Domains = NonNullable<z.infer<typeof Remembered>['domains']>

/** What the agent knows over its restarts: which routes are its own, and what it needs to serve while the front is away. */
export interface Memory {
  readonly made: MadeRoute[]
  readonly domains: Domains | null
  /** Before it is asked for, and again with what came of it. */
  keep(route: MadeRoute): Promise<void>
  forget(place: Place): Promise<void>
  learn(domains: Domains): Promise<void>
}

/** A file that cannot be read is one that knows nothing: what is wanted is then asked for anew. */
export async function openMemory(path: string): Promise<Memory> {
  const remembered = Remembered.safeParse(parsed(await readIfThere(path)))
  const { routes, domains: known } = remembered.success ? remembered.data : Remembered.parse({})
  const made = new Map(routes.map((route) => [keyOf(route), route]))
  let domains = known
  const save = () => writeWhole(path, `${JSON.stringify({ routes: [...made.values()], domains }, null, 2)}\n`)
  return {
    get made() {
      return [...made.values()]
    },
    get domains() {
      return domains
    },
    async keep({ type, label, pathPrefix, asked, seen }) {
      const route = { type, label, pathPrefix, asked, seen }
      made.set(keyOf(route), route)
      await save()
    },
    async forget(place) {
      if (made.delete(keyOf(place))) await save()
    },
    async learn(learned) {
      if (learned.apps === domains?.apps && learned.mongodb === domains.mongodb) return
      domains = learned
      await save()
    },
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}
