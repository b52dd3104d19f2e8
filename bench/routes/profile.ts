import { ms, printTable } from './figures.ts'
import { type Inspector, inspect } from './inspector.ts'

const SAMPLE_MICROS = 200
const SHOWN = 25

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

/** Prints which functions of the process took the time while the work was done. */
export async function withProfile<T>(inspectPort: number, work: () => Promise<T>): Promise<T> {
  const inspector = await inspect(inspectPort)
  try {
    await inspector.send('Profiler.enable')
    await inspector.send('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS })
    await inspector.send('Profiler.start')
    const result = await work()
    await report(inspector)
    return result
  } finally {
    inspector.close()
  }
}

async function report(inspector: Inspector): Promise<void> {
  const { profile } = await inspector.send<{ profile: Profile }>('Profiler.stop')
  const selfMs = selfTimes(profile)
  const rows = [...selfMs].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)
  printTable(
    'Where the front spends its time',
    ['', 'itself'],
    rows.map(([name, value]) => [name, ms(value)]),
  )
}

function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i] ?? 0) / 1_000)
  }
  return times
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/(node_modules\/)?((?:[^/]+\/){1,2}[^/]+)$/, '$2')
  return `${functionName || '(anonymous)'} ${place && `${place}:${lineNumber + 1}`}`.slice(0, 70)
}
