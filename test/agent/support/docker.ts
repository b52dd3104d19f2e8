import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { newFolder } from '../../support/folder.ts'

interface Order {
  Image: string
  Cmd?: string[]
  Env: string[]
  Labels: Record<string, string>
  HostConfig: { PortBindings: Record<string, [{ HostIp: string; HostPort: string }]> }
}

interface Container {
  id: string
  name: string
  order: Order
  process: ChildProcess | null
  ended: Promise<number>
  output: Buffer[]
  readers: Set<ServerResponse>
}

export interface Docker {
  socket: string
  containers: Map<string, Container>
  /** The names of images that were fetched. */
  pulled: string[]
}

const frame = (chunk: Buffer): Buffer => {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(chunk.length, 4)
  return Buffer.concat([header, chunk])
}

/**
 * Speaks the part of the Docker Engine API that runs containers. A container is a process of this machine: the program
 * that its image names here, listening where the container's port is published.
 */
export async function startDocker(images: Record<string, string[]>): Promise<Docker> {
  const socket = join(newFolder(), 'docker.sock')
  const here = new Set<string>()
  const docker: Docker = { socket, containers: new Map(), pulled: [] }
  const nameless = (image: string) => image.replace(/:latest$/, '')

  const begin = (container: Container) => {
    const { Env, HostConfig, Image, Cmd = [] } = container.order
    const [binding] = Object.values(HostConfig.PortBindings)
    const [program = '', ...args] = images[nameless(Image)] ?? []
    const environment = Object.fromEntries(Env.map((line) => line.split(/=(.*)/s).slice(0, 2)))
    const inside = { ...environment, PORT: binding?.[0].HostPort, HOST: binding?.[0].HostIp }
    const child = spawn(program, [...args, ...Cmd], { env: inside, stdio: ['ignore', 'pipe', 'pipe'] })
    container.process = child
    container.ended = once(child, 'close').then(([code, signal]) => code ?? (signal === 'SIGKILL' ? 137 : 143))
    void container.ended.then(() => {
      container.process = null
      for (const reader of container.readers) reader.end()
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        container.output.push(frame(chunk))
        for (const reader of container.readers) reader.write(frame(chunk))
      })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://docker')
    const say = (status: number, body?: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
    const refuse = (status: number, message: string) => say(status, { message })
    const [, kind, id = '', what = ''] = url.pathname.split('/').map(decodeURIComponent)
    if (kind === 'images' && id === 'create') {
      const image = nameless(url.searchParams.get('fromImage') ?? '')
      docker.pulled.push(image)
      if (!(image in images)) {
        return response.end(`{"status":"Pulling"}\n{"error":"manifest for ${image} not found"}\n`)
      }
      here.add(image)
      return response.end('{"status":"Pulling"}\n{"status":"Downloaded"}\n')
    }
    if (kind === 'images') return here.has(nameless(id)) ? say(200, {}) : refuse(404, `No such image: ${id}`)
    if (id === 'json') {
      const { label } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label: string[] }
      const all = [...docker.containers.values()].filter(({ order }) =>
        label.every((each) => order.Labels[each.split('=')[0] ?? ''] === each.split('=')[1]),
      )
      return say(200, all.map(stateOf))
    }
    if (id === 'create') {
      const order = (await json(request)) as Order
      const made = { id: `c${docker.containers.size + 1}${Date.now()}`, name: url.searchParams.get('name') ?? '' }
      const rest = { process: null, ended: Promise.resolve(0), output: [], readers: new Set<ServerResponse>() }
      docker.containers.set(made.id, { ...made, order, ...rest })
      return say(201, { Id: made.id })
    }
    const container = docker.containers.get(id)
    if (!container) return refuse(404, `No such container: ${id}`)
    if (request.method === 'DELETE') {
      container.process?.kill('SIGKILL')
      docker.containers.delete(id)
      return say(204)
    }
    if (what === 'start') {
      begin(container)
      return say(204)
    }
    if (what === 'wait') return say(200, { StatusCode: await container.ended })
    if (what === 'logs') {
      response.writeHead(200).flushHeaders()
      if (url.searchParams.get('since') === '0') for (const chunk of container.output) response.write(chunk)
      container.readers.add(response)
      return container.process ?? response.end()
    }
    container.process?.kill('SIGTERM')
    const killing = setTimeout(() => container.process?.kill('SIGKILL'), Number(url.searchParams.get('t')) * 1_000)
    await container.ended
    clearTimeout(killing)
    return say(204)
  }
  const server = createServer((request, response) => void answer(request, response))
  await once(server.listen(socket), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    for (const { process } of docker.containers.values()) process?.kill('SIGKILL')
  })
  return docker
}

const stateOf = ({ id, name, order, process }: Container) => ({
  Id: id,
  Names: [`/${name}`],
  Created: Number(id.slice(-13)),
  State: process ? 'running' : 'exited',
  Labels: order.Labels,
})
