import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { type Client, type Load, startLoad } from './load.ts'

/** A connection that stays open for long, and whose target says back what it is told. */
export interface Conversation {
  /** Gives the name of the target that answered. */
  say(words: string): Promise<string>
  /** Resolves when the other side, or something between, has ended it. */
  ended: Promise<unknown>
  close(): void
}

/** The frames of the protocol are left out: nobody on the way looks into them. */
export async function openWebSocket(port: number, host: string): Promise<Conversation> {
  const key = randomBytes(16).toString('base64')
  const headers = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
  }
  const asked = request({ host: '127.0.0.1', port, headers, agent: false })
  const refused = once(asked, 'response').then(([{ statusCode }]) => {
    throw new Error(`${host} answered ${statusCode} instead of an upgrade`)
  })
  asked.end()
  const [, socket] = (await Promise.race([once(asked, 'upgrade'), refused])) as [unknown, Duplex]
  return conversation(socket)
}

/** TLS to the target itself: only the name in the handshake says where it goes. */
export async function openBySni(port: number, servername: string): Promise<Conversation> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return conversation(socket)
}

function conversation(socket: Duplex): Conversation {
  const ended = new Promise((resolve) => socket.on('close', resolve))
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.destroy())
  const cut = ended.then(() => {
    throw new Error('the connection was cut')
  })
  cut.catch(() => undefined)
  const heard = async (words: string) => {
    let all = ''
    const data = (chunk: unknown) => {
      all += chunk
      if (all.endsWith(`:${words}`)) socket.emit('heard', all)
    }
    socket.on('data', data)
    const [answer] = await once(socket, 'heard').finally(() => socket.off('data', data))
    return String(answer).slice(0, -words.length - 1)
  }
  return {
    say(words) {
      const answer = heard(words)
      socket.write(words)
      return Promise.race([answer, cut])
    },
    ended,
    close: () => void socket.destroy(),
  }
}

/** Conversations that go on for as long as the load: none may be cut. */
export function conversationLoad(
  name: string,
  open: () => Promise<Conversation>,
  target: string,
  { clients = 2, pauseMs = 20 }: { clients?: number; pauseMs?: number } = {},
): Load {
  const connect = async (): Promise<Client> => {
    const opened = await open()
    let count = 0
    return {
      async ask() {
        const answer = await opened.say(`word ${count++}.`)
        if (answer !== target) throw new Error(`${answer} answered instead of ${target}`)
      },
      close: opened.close,
    }
  }
  return startLoad({ name, clients, pauseMs, connect })
}
