import type { RuntimeServer } from '../../../shared/dataplane/models.ts'

export type ServerState = RuntimeServer & Record<string, unknown> & { backend_name: string }

/** Bits of a server's administrative state. */
const MAINTENANCE = 0x01 | 0x02 | 0x04 | 0x20 | 0x40
const DRAIN = 0x08 | 0x10

const OPERATIONAL = ['down', 'up', 'up', 'stopping'] as const

/** Reads `show servers state`. */
export function parseServerStates(text: string): ServerState[] {
  const lines = text.split('\n')
  const header = lines.find((line) => line.startsWith('# be_id'))
  const names = header?.slice(2).split(' ') ?? []
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => toState(new Map(line.split(' ').map((value, i) => [names[i] ?? '', value]))))
}

function toState(column: Map<string, string>): ServerState {
  const text = (name: string) => column.get(name) ?? '-'
  const number = (name: string) => Number(column.get(name) ?? 0)
  const weight = number('srv_uweight')
  return {
    address: text('srv_addr'),
    admin_state: adminState(number('srv_admin_state')),
    agent_addr: text('srv_agent_addr'),
    agent_port: number('srv_agent_port'),
    agent_state: number('srv_agent_state'),
    backend_forced_id: number('bk_f_forced_id'),
    backend_id: number('be_id'),
    backend_name: text('be_name'),
    check_addr: text('srv_check_addr'),
    check_health: number('srv_check_health'),
    check_port: number('srv_check_port'),
    check_result: number('srv_check_result'),
    check_state: number('srv_check_state'),
    check_status: number('srv_check_status'),
    forced_id: number('srv_f_forced_id'),
    fqdn: text('srv_fqdn'),
    id: text('srv_id'),
    iweight: number('srv_iweight'),
    last_time_change: number('srv_time_since_last_change'),
    name: text('srv_name'),
    operational_state: OPERATIONAL[number('srv_op_state')] ?? 'down',
    port: number('srv_port'),
    srvrecord: text('srvrecord'),
    use_ssl: number('srv_use_ssl') === 1,
    uweight: weight,
    weight,
  } as ServerState
}

const adminState = (bits: number) => (bits & MAINTENANCE ? 'maint' : bits & DRAIN ? 'drain' : 'ready')
