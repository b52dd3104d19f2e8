import { upstreamOfTarget } from '../apps/external.ts'
import { openFront } from '../daemon/agent-front.ts'
import { openMemory } from '../daemon/memory.ts'
import { createMarks } from '../plan/marks.ts'
import { nameOfPlace } from '../plan/place.ts'
import { plan, type Step } from '../plan/plan.ts'
import { wantedRoutes } from '../plan/wanted.ts'
import { EXIT, type ExitCode, type Input } from './command.ts'
import { openProject } from './project.ts'
import type { Terminal } from './terminal.ts'

/** What `up` would do at the front now. */
export async function dryRun(input: Input, terminal: Terminal): Promise<ExitCode> {
  const { settings, folder } = await openProject(input, 'refused')
  const front = await openFront(settings, folder)
  try {
    const memory = await openMemory(folder.state)
    const there = await terminal.during(
      'Asking the front',
      front.client.listRoutes({ signal: input.signal, patienceMs: 5_000 }),
    )
    const upstreamOf = (name: string) => upstreamOfTarget(settings.apps.find((app) => app.name === name))
    const wanted = wantedRoutes(settings, upstreamOf)
    const steps = plan({ wanted, there, made: memory.made }, createMarks(front.client.agentKey))
    const lines = steps.map((step) => ({ ...told(step, settings.agent) }))
    for (const { sign, route, why } of lines) {
      const colour = sign === '+' ? 'green' : sign === '-' ? 'red' : 'yellow'
      terminal.say(`${terminal.paint(colour, sign)} ${route}  ${terminal.paint('dim', why)}`)
    }
    if (steps.length === 0) terminal.say('Nothing to do: the front has what agent.yaml says')
    terminal.answer({ steps: lines.map(({ sign: _, ...line }) => line) })
    return EXIT.done
  } finally {
    front.close()
  }
}

const SIGNS = { new: '+', 'there already': '~', 'changed here': '~', 'changed there': '~' } as const
const REASONS = {
  new: 'is not at the front yet',
  'there already': 'is there, made by somebody else: it is taken over',
  'changed here': 'is changed in agent.yaml',
  'changed there': 'was changed at the front: it is put back',
} as const

function told(step: Step, agentId: string) {
  if (step.do === 'put') {
    const { route, why } = step
    return { do: step.do, sign: SIGNS[why], route: `${route.type} ${nameOfPlace(route, agentId)}`, why: REASONS[why] }
  }
  const route = `${step.place.type} ${nameOfPlace(step.place, agentId)}`
  const why = step.do === 'remove' ? 'is not in agent.yaml any more' : 'is gone at the front too'
  return { do: step.do, sign: '-' as const, route, why }
}
