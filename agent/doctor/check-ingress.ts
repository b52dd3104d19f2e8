import { bracketed } from '../../shared/domain/target-host.ts'
import type { Route } from '../client/api.ts'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

/** Whether the agent runs, and whether the front's HAProxy reaches it. */
export function checkIngress(patient: Patient): Finding[] {
  const { settings, status } = patient
  if (!status) return [wrong('agent', 'does not run', 'cloudlunacy-agent up starts it')]
  const running = well('agent', `runs, as process ${status.pid}`)
  const mistakes = status.mistakes.map((mistake) =>
    wrong('agent.yaml', mistake, 'Correct it; until then the former one is in force'),
  )
  const isUsed = [...settings.apps, ...settings.databases].some(({ expose }) => expose === 'ingress')
  return [running, ...mistakes, ...(isUsed ? [listening(status), ...reached(patient)] : [])]
}

function listening({ ingress: { listening, port, error } }: NonNullable<Patient['status']>): Finding {
  if (listening) return well('ingress', `listens on port ${port}`)
  const advice = `See who has port ${port} (ss -ltnp), or set another ingress.port in agent.yaml`
  return wrong('ingress', `does not listen on port ${port}${error === null ? '' : `: ${error}`}`, advice)
}

/** HAProxy connects every two seconds, and says of each route what came of it. */
function reached({ settings, routes }: Patient): Finding[] {
  const { address, ingress } = settings
  const place = `${bracketed(address)}:${ingress.port}`
  const statuses =
    'list' in routes ? routes.list.filter((route) => leadsTo(route, place)).map(({ status }) => status) : []
  if (statuses.includes('degraded')) {
    const advice = `Open the port to the front in the firewalls of this machine and of its provider (ufw allow ${ingress.port}/tcp), and see that "address" in agent.yaml is right`
    return [wrong('ingress', `the front’s HAProxy does not reach ${place}`, advice)]
  }
  if (statuses.includes('settled')) return [well('ingress', `the front’s HAProxy reaches ${place}`)]
  if (statuses.length === 0) return []
  const advice = 'Of a route that is checked HAProxy would say it: leave out "check: false"'
  return [doubtful('ingress', `whether the front’s HAProxy reaches ${place} is not known`, advice)]
}

const leadsTo = (route: Route, place: string): boolean =>
  route.type === 'http'
    ? route.targetUrl === `https://${place}`
    : `${bracketed(route.targetHost)}:${route.targetPort}` === place
