import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { untilSettled } from '../../support/backend-answers.ts'
import { newFolder } from '../../support/folder.ts'
import { type GrpcClient, grpcClient, startGrpcServer } from '../../support/grpc.ts'
import { startRoutedFront } from '../../support/routed-front.ts'

const HOST = 'echo.apps.front.test'

it('carries gRPC to a provider’s servers, over TLS and without, while they come and go', async () => {
  const names = ['one', 'two', 'three']
  const ports = await Promise.all(names.map(startGrpcServer))
  const file = join(newFolder(), 'gateway.yaml')
  const leadTo = (...servers: number[]) => {
    const told = servers.map((i) => ({ name: names[i], address: '127.0.0.1', port: ports[i], protocol: 'h2c' }))
    writeFileSync(file, JSON.stringify({ backends: [{ name: 'echo', hosts: [HOST], servers: told }] }))
  }
  leadTo(0, 1)
  const front = await startRoutedFront({ GATEWAY_FILE: file })
  const ca = await (await fetch(`${front.front().url}/api/certificates/ca.pem`)).text()
  const clients = [grpcClient(front.ports.http, HOST), grpcClient(front.ports.https, HOST, ca)]
  for (const client of clients) await untilAnsweredBy(client, ['one', 'two'])

  await untilSettled(front.admin, 'echo')

  // From here on nothing may fail.
  const longCalls = clients.map((client) => client.count(200))
  const before = await front.reloads()
  leadTo(0, 1, 2)
  for (const client of clients) await untilAnsweredBy(client, ['three'], { mayFail: false })
  leadTo(2)
  for (const client of clients) await untilOnly(client, 'three')
  for (const call of longCalls) {
    const { messages, server } = await call
    expect(messages).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 1)))
    expect(names).toContain(server)
  }
  expect(await front.reloads()).toBe(before)
})

/** Until each of them has answered. */
async function untilAnsweredBy(client: GrpcClient, names: string[], { mayFail = true } = {}): Promise<void> {
  const missing = new Set(names)
  for (let i = 0; missing.size > 0; i++) {
    const answer = await client.say(`hello ${i}`).catch((error) => {
      if (!mayFail) throw error
      return null
    })
    if (answer) expect(answer.text).toBe(`hello ${i}`)
    missing.delete(answer?.server ?? '')
  }
}

/** Until nobody else answers. */
async function untilOnly(client: GrpcClient, name: string): Promise<void> {
  for (let inARow = 0; inARow < 10; ) inARow = (await client.say('hello')).server === name ? inARow + 1 : 0
}
