import { AppError } from '../errors.ts'

/** Names that lead to the front itself, or to databases. */
export interface OwnHosts {
  apiHost: string
  mongodbDomain: string
}

/** Why a backend may not have the host; `null`: it may. */
export function hostRefusal(host: string, { apiHost, mongodbDomain }: OwnHosts): AppError | null {
  if (host === apiHost) return refused(host, 'is the name of the front’s own API')
  const isDatabase = host === mongodbDomain || host.endsWith(`.${mongodbDomain}`)
  return isDatabase ? refused(host, `is under ${mongodbDomain}, where databases are`) : null
}

const refused = (host: string, why: string) =>
  new AppError('INVALID_INPUT', `The host ${host} ${why}: give another one`, { field: 'hosts' })
