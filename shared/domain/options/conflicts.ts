import type { HttpOptions } from '../route-options.ts'
import type { TargetRequest } from '../route-record.ts'

/** What the options of an HTTP route say against each other, or against its servers. */
export function optionConflict(options: Partial<HttpOptions>, targets: TargetRequest[]): string | null {
  return prefixConflict(options) ?? stickyConflict(options, targets) ?? passwordConflict(options)
}

function prefixConflict({ stripPrefix, pathPrefix = null }: Partial<HttpOptions>): string | null {
  if (!stripPrefix || pathPrefix !== null) return null
  return 'stripPrefix needs a pathPrefix: without one there is nothing to take off'
}

function stickyConflict({ sticky, balance }: Partial<HttpOptions>, targets: TargetRequest[]): string | null {
  if (!sticky) return null
  if (targets.filter(({ backup }) => !backup).length < 2)
    return 'sticky needs several servers to choose from: name more in servers, or leave sticky out'
  if (balance !== 'source') return null
  return 'sticky keeps clients at a server by a cookie and balance "source" by their address: choose one of them'
}

function passwordConflict({ basicAuth }: Partial<HttpOptions>): string | null {
  const names = basicAuth?.users.map(({ user }) => user) ?? []
  const twice = names.find((name, i) => names.indexOf(name) < i)
  return twice === undefined ? null : `basicAuth names the user ${twice} twice`
}
