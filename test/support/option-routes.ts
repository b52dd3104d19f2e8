import { expectStatus, type RoutedFront } from './routed-front.ts'

export interface WantedRoute {
  subdomain: string
  targetUrl: string
  options?: object
}

/** All of them in one call, and so by one reload; comes back when each stands as it was asked for. */
export async function putAll({ agent }: Pick<RoutedFront, 'agent'>, routes: WantedRoute[]): Promise<void> {
  const upsert = routes.map((route) => ({ type: 'http', ...route }))
  expectStatus(await agent.post('/api/proxy/bulk', { upsert }, { prefer: 'wait=30' }), [200])
}
