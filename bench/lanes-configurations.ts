/** Other ways to route the same, made of the shipped configuration, so that they differ in nothing else. */

/** As many targets that answer at once, on 127.0.0.9 from port 20000 on. */
export function targets(count: number): string {
  return `global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend targets
  bind 127.0.0.9:20000-${20_000 + count - 1}
  http-request return status 200 content-type text/plain string ok
`
}

/** Only what it takes to reach a target by the map: no guards, no counters, no log, no headers. */
export function bareLane(text: string): string {
  const needed = /set-var\(txn\.(host|lane|ip|port)\) (req|var\(txn\.dst\))|set-dst|txn\.dst\) var\(txn\.host\),map\S+$/
  const rule = /^ {2}(http-request|http-response|http-after-response|tcp-request|acl|log|log-format) /
  return editSections(
    text,
    ['frontend front_http', 'backend front_lane'],
    (line) => !rule.test(line) || needed.test(line),
  )
}

/** A backend a route, found by the host in a map, its pool tuned as the lane's is. */
export function dedicatedBackends(text: string, load: { routes: number; targets: number }): string {
  const found = /^ {2}use_backend %\[var\(txn\.dst\),field\(5,\|\)\].*$/m
  return text.replace(found, '  use_backend %[var(txn.host)]') + backends(load, (route) => `r${route}.apps.test`)
}

/** The textbook's way. */
export function aclPerRoute(text: string, load: { routes: number; targets: number }): string {
  const rules = Array.from(
    { length: load.routes },
    (_, i) => `  acl is_${i} req.hdr(host) -i r${i}.apps.test\n  use_backend b${i} if is_${i}\n`,
  )
  const bare = editSections(text, ['frontend front_http'], (line) => !/^ {2}(http-request|use_backend|acl) /.test(line))
  return (
    bare.replace(/^ {2}default_backend front_lane$/m, `${rules.join('')}  default_backend front_lane`) +
    backends(load, (i) => `b${i}`)
  )
}

function backends(load: { routes: number; targets: number }, name: (route: number) => string): string {
  const server = (route: number) =>
    `server s 127.0.0.9:${20_000 + (route % load.targets)} pool-low-conn 4000 pool-purge-delay 60s`
  const backend = (_: unknown, i: number) => `backend ${name(i)} from front_base_http\n  ${server(i)}\n`
  return Array.from({ length: load.routes }, backend).join('')
}

function editSections(text: string, sections: string[], keep: (line: string) => boolean): string {
  let inside = false
  const kept = text.split('\n').filter((line) => {
    if (/^\w/.test(line)) inside = sections.some((section) => line.startsWith(`${section} `))
    return !inside || keep(line)
  })
  return kept.join('\n')
}
