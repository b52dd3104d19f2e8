/** What the Data Plane API calls its objects, as far as the front uses them. The names are the API's own. */

export interface Server {
  name: string
  address: string
  port: number
  weight?: number
  backup?: 'enabled'
  maintenance?: 'enabled' | 'disabled'
  maxconn?: number
  cookie?: string
  check?: 'enabled'
  /** Milliseconds between two checks. */
  inter?: number
  rise?: number
  fall?: number
  fastinter?: number
  downinter?: number
  observe?: 'layer4' | 'layer7'
  error_limit?: number
  'on-error'?: 'mark-down'
  'check-ssl'?: 'enabled' | 'disabled'
  'on-marked-down'?: 'shutdown-sessions'
  ssl?: 'enabled'
  verify?: 'none' | 'required'
  verifyhost?: string
  ssl_cafile?: string
  ssl_certificate?: string
  sni?: string
  alpn?: string
  check_alpn?: string
  check_proto?: string
  'check-sni'?: string
  proto?: string
  'send-proxy-v2'?: 'enabled'
  pool_low_conn?: number
  pool_purge_delay?: number
}

export interface HttpRequestRule {
  type: string
  cond?: 'if' | 'unless'
  cond_test?: string
  [field: string]: string | number | object | undefined
}

export interface Backend {
  name: string
  mode: 'http' | 'tcp'
  /** The defaults section that it takes; without it the API names one by itself. */
  from?: string
  balance?: { algorithm: string }
  hash_type?: { method: string }
  adv_check?: string
  httpchk_params?: { method?: string; uri?: string; version?: string }
  http_reuse?: 'always' | 'safe' | 'never' | 'aggressive'
  cookie?: { name: string; [field: string]: unknown }
  redispatch?: { enabled: 'enabled' | 'disabled'; interval?: number }
  stick_table?: { type: string; size: number; expire?: number; peers?: string; store?: string }
  connect_timeout?: number
  server_timeout?: number
  tunnel_timeout?: number
  queue_timeout?: number
  /** What its servers have that do not say otherwise; those that are added while HAProxy runs take nothing of it. */
  default_server?: Pick<Server, 'ssl_cafile'>
  servers?: Record<string, Server>
  http_request_rule_list?: HttpRequestRule[]
  http_response_rule_list?: HttpRequestRule[]
  tcp_request_rule_list?: HttpRequestRule[]
  http_check_list?: HttpRequestRule[]
}

export type AdminState = 'ready' | 'drain' | 'maint'

export interface RuntimeServer {
  name: string
  address: string
  port: number
  admin_state: AdminState
  operational_state: 'up' | 'down' | 'stopping'
  weight?: number
}

export interface MapEntry {
  key: string
  value: string
}

export interface ProcessInfo {
  pid: number
  /** Seconds since this worker started. */
  uptime: number
  version: string
  max_conn: number
  curr_conns: number
  /** Workers of earlier reloads that still serve somebody. The real Data Plane API does not tell. */
  old_workers?: number
}

export interface StoredFile {
  storage_name: string
  /** Where it lies on the node: what a configuration names. */
  file: string
}

/** `needsReload`: the worker knows the new content only after a reload. */
export interface StoredNow {
  needsReload: boolean
}

export interface StoredCertificate extends StoredFile {
  sha256_finger_print?: string
}

export interface Reload {
  id?: string
  status: 'in_progress' | 'succeeded' | 'failed'
  response?: string
}

export interface NativeStat {
  name: string
  type: 'frontend' | 'backend' | 'server'
  backend_name?: string
  stats: Record<string, string | number | undefined>
}

/** One key of a stick table, with the counters that the table stores: `http_req_cnt`, `bytes_out_cnt`, … */
export interface StickTableEntry {
  key: string
  [counter: string]: string | number | boolean | undefined
}
