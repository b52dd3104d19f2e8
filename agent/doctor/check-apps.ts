import { upstreamOfTarget } from '../apps/external.ts'
import type { App } from '../config/app.ts'
import { probe } from '../health/probe.ts'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

/** Whether each app answers on this machine. */
export function checkApps({ settings, status }: Patient): Promise<Finding[]> {
  return Promise.all(settings.apps.map((app) => checkApp(app, status)))
}

async function checkApp(app: App, status: Patient['status']): Promise<Finding> {
  const subject = `app ${app.name}`
  const upstream = upstreamOfTarget(app)
  if (!upstream) return checkRun(subject, app.name, status)
  const place = `${upstream.host}:${upstream.port}`
  const problem = await probe(app.health, upstream)
  if (problem === null) return well(subject, `answers at ${place}`)
  const advice =
    'Start it, or correct its "target" in agent.yaml. It has to listen on this machine alone, not to the world'
  return wrong(subject, `does not answer at ${place}: ${problem}`, advice)
}

/** One that the agent runs. */
function checkRun(subject: string, name: string, status: Patient['status']): Finding {
  const report = status?.apps.find((each) => each.name === name)
  if (!report) return doubtful(subject, 'does not run, since the agent does not', 'cloudlunacy-agent up starts both')
  const { state, pid, port, message, health } = report
  const advice = `cloudlunacy-agent logs ${name} shows what it printed`
  if (state !== 'running') return wrong(subject, `is ${state}${message === null ? '' : `: ${message}`}`, advice)
  if (health?.status === 'unhealthy') return wrong(subject, `runs, and ${health.message ?? 'is unhealthy'}`, advice)
  if (message !== null) return doubtful(subject, `runs, but ${message}`, advice)
  return well(subject, `runs${pid === null ? '' : ` as process ${pid}`}, and answers at port ${port}`)
}
