import type { HttpRoute, MongodbRoute, Target } from '../../shared/domain/route-record.ts'

export const target = (port: number, also: Partial<Target> = {}): Target => ({
  host: '192.0.2.7',
  address: '192.0.2.7',
  port,
  tls: false,
  weight: 1,
  backup: false,
  ...also,
})

const common = {
  agentId: 'vps-1',
  targets: [target(8_080)],
  check: { kind: 'tcp' as const },
  allowFrom: [],
  suspended: false,
  generation: 1,
  revision: 1,
  createdAt: '2030-01-01T00:00:00.000Z',
  updatedAt: '2030-01-01T00:00:00.000Z',
  options: {},
}

export const httpRoute = (also: Partial<HttpRoute> = {}): HttpRoute => ({
  ...common,
  type: 'http',
  id: 'vps-1.shop',
  host: 'shop.apps.example.com',
  subdomain: 'shop',
  pathPrefix: null,
  targetUrl: 'http://192.0.2.7:8080',
  tlsVerify: 'none',
  balance: 'roundrobin',
  ...also,
})

export const mongodbRoute = (also: Partial<MongodbRoute> = {}): MongodbRoute => ({
  ...common,
  type: 'mongodb',
  id: 'vps-1.db',
  host: 'vps-1.mongodb.example.com',
  name: null,
  useTls: true,
  targets: [target(27_017)],
  ...also,
})
