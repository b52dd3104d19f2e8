import type { Runtime } from '../process/runtime.ts'
import { ok, type Route } from './call.ts'

/** The API's names of what `show info` prints. */
const NAMES: Readonly<Record<string, string>> = {
  active_peers: 'ActivePeers',
  busy_polling: 'BusyPolling',
  bytes_out_rate: 'BytesOutRate',
  compress_bps_in: 'CompressBpsIn',
  compress_bps_out: 'CompressBpsOut',
  compress_bps_rate_lim: 'CompressBpsRateLim',
  conn_rate: 'ConnRate',
  conn_rate_limit: 'ConnRateLimit',
  connected_peers: 'ConnectedPeers',
  cum_conns: 'CumConns',
  cum_req: 'CumReq',
  cum_ssl_conns: 'CumSslConns',
  curr_conns: 'CurrConns',
  curr_ssl_conns: 'CurrSslConns',
  dropped_logs: 'DroppedLogs',
  failed_resolutions: 'FailedResolutions',
  hard_max_conn: 'Hard_maxconn',
  idle_pct: 'Idle_pct',
  jobs: 'Jobs',
  listeners: 'Listeners',
  max_conn: 'Maxconn',
  max_conn_rate: 'MaxConnRate',
  max_pipes: 'Maxpipes',
  max_sess_rate: 'MaxSessRate',
  max_sock: 'Maxsock',
  max_ssl_conns: 'MaxSslConns',
  max_ssl_rate: 'MaxSslRate',
  max_zlib_mem_usage: 'MaxZlibMemUsage',
  mem_max_mb: 'Memmax_MB',
  nbthread: 'Nbthread',
  pid: 'Pid',
  pipes_free: 'PipesFree',
  pipes_used: 'PipesUsed',
  pool_alloc_mb: 'PoolAlloc_MB',
  pool_failed: 'PoolFailed',
  pool_used_mb: 'PoolUsed_MB',
  process_num: 'Process_num',
  processes: 'Nbproc',
  run_queue: 'Run_queue',
  sess_rate: 'SessRate',
  sess_rate_limit: 'SessRateLimit',
  ssl_backend_key_rate: 'SslBackendKeyRate',
  ssl_backend_max_key_rate: 'SslBackendMaxKeyRate',
  ssl_cache_lookups: 'SslCacheLookups',
  ssl_cache_misses: 'SslCacheMisses',
  ssl_frontend_key_rate: 'SslFrontendKeyRate',
  ssl_frontend_max_key_rate: 'SslFrontendMaxKeyRate',
  ssl_frontend_session_reuse: 'SslFrontendSessionReuse_pct',
  ssl_rate: 'SslRate',
  ssl_rate_limit: 'SslRateLimit',
  stopping: 'Stopping',
  tasks: 'Tasks',
  total_bytes_out: 'TotalBytesOut',
  ulimit_n: 'Ulimit-n',
  unstoppable: 'Unstoppable Jobs',
  uptime: 'Uptime_sec',
  zlib_mem_usage: 'ZlibMemUsage',
}
const TEXTS: Readonly<Record<string, string>> = { node: 'node', release_date: 'Release_date', version: 'Version' }

export function runtimeInfoRoutes(runtime: Runtime, masterSocket: string): Route[] {
  return [
    {
      method: 'GET',
      path: '/services/haproxy/runtime/info',
      handle: async () => ok({ info: parseInfo(await runtime.command('show info')), runtimeAPI: masterSocket }),
    },
  ]
}

function parseInfo(text: string): Record<string, string | number> {
  const found = new Map([...text.matchAll(/^([^:\n]+): (.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  const numbers = Object.entries(NAMES).map(([field, name]) => [field, Number(found.get(name) ?? 0)])
  const texts = Object.entries(TEXTS).map(([field, name]) => [field, (found.get(name) ?? '').replaceAll('/', '-')])
  return { ...Object.fromEntries(numbers), ...Object.fromEntries(texts) }
}
