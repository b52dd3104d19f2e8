/** `backends/{provider}/{name}`, and beside them the providers in their order. */
export const BACKENDS = 'backends/'
/** No provider has such a name. */
export const PROVIDER_ORDER = `${BACKENDS}~order`
/** Which backends name a host: `{provider}/{name}` of each, so that no agent gets it meanwhile. */
export const BACKEND_HOSTS = 'backend-hosts/'

export const backendsOf = (provider: string) => `${BACKENDS}${provider}/`
export const backendKey = (provider: string, name: string) => `${backendsOf(provider)}${name}`
export const backendHostKey = (host: string) => `${BACKEND_HOSTS}${host}`
/** How many hosts they name: moved whenever that set changes, so that whoever checks it knows the set. */
export const BACKEND_HOST_COUNT = 'backend-host-count'
