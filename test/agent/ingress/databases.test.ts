import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { createCertificates } from '../../support/haproxy-certificates.ts'
import { listen } from '../../support/targets.ts'
import { http1At, startIngress } from './support.ts'

const NAME = 'agent1.mongodb.test'
const MEGABYTE = 1024 * 1024

async function start(serve: (socket: Socket) => void) {
  const certificates = await createCertificates()
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}))
    serve(socket)
  })
  const routes = [{ type: 'mongodb' as const, host: NAME, upstream: http1At(await listen(server)) }]
  const ingress = await startIngress({ ...(await certificates.agent()), ca: certificates.ca }, routes)
  const open = async () => {
    const { ca, front } = certificates
    const plain = createConnection({ port: ingress.port, host: '127.0.0.1', allowHalfOpen: true })
    const socket = connect({ socket: plain, servername: NAME, ca, ...front })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
  return { open, sockets, server, ingress }
}

it('brings all bytes both ways, also those after one side has ended', async () => {
  const asked = Buffer.alloc(8 * MEGABYTE, 'question')
  const answer = Buffer.alloc(8 * MEGABYTE, 'answer')
  let heard = Buffer.alloc(0)
  const { open } = await start(async (socket) => {
    heard = await buffer(socket)
    socket.end(answer)
  })
  const client = await open()
  client.end(asked)
  expect((await buffer(client)).equals(answer)).toBe(true)
  expect(heard.equals(asked)).toBe(true)
})

it('takes no more than the other side does', async () => {
  const { open, sockets } = await start((socket) => void socket.pause())
  const client = await open()
  const chunk = Buffer.alloc(MEGABYTE)
  let sent = 0
  for (; sent < 200 && client.writableLength < 16 * MEGABYTE; sent++) {
    client.write(chunk)
    await new Promise(setImmediate)
  }
  expect(sent).toBeLessThan(200)
  sockets[0]?.destroy()
  await closed(client)
})

it('asks no database before its client has said something', async () => {
  const { open, sockets } = await start((socket) => void socket.resume())
  const check = await open()
  check.end()
  await closed(check.resume())
  expect(sockets).toHaveLength(0)
})

it('ends both sides when one ends, or is not there', async () => {
  const { open, sockets, server } = await start((socket) => void socket.resume().on('end', () => socket.end()))
  const client = await open()
  client.write('x')
  await once(server, 'connection')
  client.destroy()
  await closed(sockets[0] as Socket)

  server.close()
  const late = await open()
  late.write('x')
  await closed(late.resume().on('end', () => late.end()))
})

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve))
