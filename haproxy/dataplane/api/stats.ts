import { ApiError } from '../api-error.ts'
import type { Runtime } from '../process/runtime.ts'
import { type Answer, type Call, enumQuery, ok, type Route } from './call.ts'
import { checkSocketName } from './socket-words.ts'

const TYPES = ['frontend', 'backend', 'server'] as const

/** Columns of `show stat` that the API passes on as numbers, and those that it passes on as texts. */
const NUMBERS = new Set(
  `act agent_code agent_duration agent_fall agent_health agent_rise bck bin bout check_code check_duration check_fall
  check_health check_rise chkdown chkfail cli_abrt comp_byp comp_in comp_out comp_rsp conn_rate conn_rate_max conn_tot
  ctime dcon downtime dreq dresp dses econ ereq eresp hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other iid
  intercepted lastchg lastsess lbtot pid qcur qlimit qmax qtime rate rate_lim rate_max req_rate req_rate_max req_tot
  rtime scur sid slim smax srv_abrt stot throttle ttime weight wredis wretr`.split(/\s+/),
)
const TEXTS = new Set(
  'addr agent_desc agent_status algo check_desc check_status cookie hanafail last_agt last_chk mode status tracked'.split(
    ' ',
  ),
)

interface NativeStat {
  backend_name?: string
  name: string
  stats: Record<string, string | number>
  type: (typeof TYPES)[number]
}

export function statsRoutes(runtime: Runtime, masterSocket: string): Route[] {
  return [
    {
      method: 'GET',
      path: '/services/haproxy/stats/native',
      handle: async (call) => {
        const wanted = filterOf(call)
        const columns = call.query.get('columns')?.split(',')
        const stats = parseStats(await runtime.command(`show stat ${chosenOf(call)}`), columns).filter(wanted)
        return answer(stats, masterSocket, call)
      },
    },
  ]
}

function answer(stats: NativeStat[], masterSocket: string, { query }: Call): Answer {
  const isEmpty = stats.length === 0 && query.has('name')
  return ok({ runtimeAPI: masterSocket, ...(!isEmpty && { stats }) })
}

function filterOf(call: Call): (stat: NativeStat) => boolean {
  const type = enumQuery(call, 'type', TYPES)
  const [name, parent] = [call.query.get('name'), call.query.get('parent')]
  if (name !== null && type === null) throw new ApiError(400, 'Type required when filtering by name')
  if (name !== null && type === 'server' && parent === null)
    throw new ApiError(400, 'Parent backend required when filtering by server')
  return (stat) =>
    (type === null || stat.type === type) &&
    (name === null || stat.name === name) &&
    (parent === null || type !== 'server' || stat.backend_name === parent)
}

/** HAProxy itself leaves out what is not asked for: all the servers of many backends are megabytes. */
function chosenOf({ query }: Call): string {
  const type = query.get('type')
  if (type === null) return ''
  const proxy = query.get(type === 'server' ? 'parent' : 'name')
  const bits = { frontend: 1, backend: 2, server: 4 }[type]
  return `${proxy === null ? '-1' : checkSocketName('name', proxy)} ${bits} -1`
}

/** Reads the CSV of `show stat`; of its columns these alone, where some are named. */
function parseStats(text: string, chosen?: readonly string[]): NativeStat[] {
  const [header = '', ...lines] = text.split('\n')
  const names = header.replace(/^# /, '').split(',')
  const columns = names.flatMap((name, at) => {
    const isNumber = NUMBERS.has(name)
    const isTold = (isNumber || TEXTS.has(name)) && (chosen?.includes(name) ?? true)
    return isTold ? { name, at, isNumber } : []
  })
  return lines.filter((line) => line.includes(',')).map((line) => toStat(columns, splitCsv(line)))
}

interface Column {
  name: string
  at: number
  isNumber: boolean
}

function toStat(columns: readonly Column[], values: string[]): NativeStat {
  const [proxy = '', service = ''] = values
  const type = service === 'FRONTEND' ? 'frontend' : service === 'BACKEND' ? 'backend' : 'server'
  const stats: Record<string, string | number> = {}
  for (const { name, at, isNumber } of columns) {
    const value = values[at]
    if (value) stats[name] = isNumber ? Number(value) : value
  }
  return type === 'server' ? { backend_name: proxy, name: service, stats, type } : { name: proxy, stats, type }
}

function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
}
