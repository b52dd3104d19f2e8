import { z } from 'zod'
import { Label } from '../../shared/domain/agent.ts'
import { HttpCheck } from '../../shared/domain/options/check.ts'
import { whole } from '../../shared/domain/options/whole.ts'
import { HttpOptions } from '../../shared/domain/route-options.ts'
import { Subdomain } from '../../shared/domain/subdomain.ts'
import { Port } from '../../shared/domain/target-host.ts'
import { TargetUrlText } from '../../shared/domain/target-url.ts'
import { ContainerFields } from './container.ts'
import { Exposure } from './exposure.ts'

const Command = z
  .union(
    [z.string().min(1, 'must not be empty'), z.array(z.string()).min(1, 'must not be empty')],
    'must be a line for the shell, or a list: a program and what it is given',
  )
  .transform((command) => (typeof command === 'string' ? ['/bin/sh', '-c', command] : command))

const Environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and _'),
  z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false').transform(String),
)

/** On this machine, where only a port is given. */
const LocalTarget = z.union([Port, TargetUrlText], 'must be a port of this machine, or a URL: http://127.0.0.1:3000')

const Options = HttpOptions.extend({
  through: z.undefined('is not said here: write "expose" in the app itself').optional(),
})

/** An app of the file: something that answers already, or a command or a container that the agent runs. */
export const App = z
  .strictObject({
    name: Label,
    /** The name if not given. */
    subdomain: Subdomain.optional(),
    target: LocalTarget.optional(),
    command: Command.optional(),
    container: ContainerFields.optional(),
    /** Where a command runs; the folder of agent.yaml if not given. */
    folder: z.string().min(1, 'must not be empty').optional(),
    environment: Environment.default({}),
    /** Where the command listens. If not given, each start gets a free one in PORT, and a new version starts beside the old one. */
    port: Port.optional(),
    protocol: z.enum(['http1', 'h2c'], 'must be http1 or h2c').default('http1'),
    health: HttpCheck.default(true),
    /** How long a new version may take until it is healthy. */
    startSeconds: whole(1, 3_600).default(60),
    /** How long requests that run may take when the app is stopped or replaced. */
    stopSeconds: whole(1, 3_600).default(10),
    expose: Exposure,
    options: Options.optional(),
  })
  .check(oneSource, optionsOfTheAgent)

function oneSource({ value, issues }: z.core.ParsePayload<Written>): void {
  const given = (['target', 'command', 'container'] as const).filter((name) => value[name] !== undefined)
  if (given.length === 1) return
  const message =
    given.length === 0
      ? 'needs one of target (it runs already), command, container (the agent runs it)'
      : `has ${given.join(' and ')}: choose one of them`
  issues.push({ code: 'custom', message, input: value, path: [] })
}

/** Of these the agent itself decides. */
function optionsOfTheAgent({ value, issues }: z.core.ParsePayload<Written>): void {
  const refuse = (name: string, message: string) =>
    issues.push({ code: 'custom', message, input: value, path: ['options', name] })
  if (value.options?.protocol !== undefined && value.expose === 'ingress')
    refuse('protocol', 'is not said here: write "protocol" in the app itself')
}

interface Written {
  target?: unknown
  command?: unknown
  container?: unknown
  expose: Exposure
  options?: HttpOptions | undefined
}

export type App = z.infer<typeof App>
