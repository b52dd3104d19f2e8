import type { Server, Socket } from 'node:net'

interface DoorwayLimits {
  /** Of the front. */
  connections: number
  /** Of all who have not shown yet that they are the front. */
  strangers: number
}

export interface Doorway {
  /** This connection is the front's. Says whether there is room for it. */
  admit(socket: Socket): boolean
}

/** Addresses of the front that are remembered, the latest. */
const MOST_ADDRESSES = 100

/**
 * Nobody is kept out by strangers who hold connections and show no certificate. Where these are too many, the oldest goes
 * of the address that has most of them; never one of an address that the front came from before.
 */
export function createDoorway(server: Server, limits: DoorwayLimits): Doorway {
  const strangers = new Map<string, Map<string, Socket>>()
  const addressesOfFront = new Set<string>()
  let [strange, admitted] = [0, 0]
  server.maxConnections = limits.connections + limits.strangers

  const forget = (address: string, key: string) => {
    const those = strangers.get(address)
    if (!those?.delete(key)) return
    strange--
    if (those.size === 0) strangers.delete(address)
  }
  const sendOneAway = () => {
    const [address, those] = [...strangers].reduce((a, b) => (b[1].size > a[1].size ? b : a))
    for (const [key, socket] of those) {
      forget(address, key)
      return socket.destroy()
    }
  }

  server.on('connection', (socket: Socket) => {
    const [key, address] = [keyOf(socket), socket.remoteAddress]
    // It has gone again.
    if (address === undefined) return void socket.destroy()
    if (addressesOfFront.has(address)) return
    if (strange >= limits.strangers) sendOneAway()
    const those = strangers.get(address) ?? new Map<string, Socket>()
    strangers.set(address, those.set(key, socket))
    strange++
    socket.once('close', () => forget(address, key))
  })

  return {
    admit(socket) {
      const address = socket.remoteAddress ?? ''
      forget(address, keyOf(socket))
      addressesOfFront.delete(address)
      addressesOfFront.add(address)
      for (const oldest of addressesOfFront) if (addressesOfFront.size > MOST_ADDRESSES) addressesOfFront.delete(oldest)
      if (admitted >= limits.connections) return false
      admitted++
      socket.once('close', () => admitted--)
      return true
    },
  }
}

/** TLS and what it goes by are two objects, which have this in common. */
const keyOf = ({ remotePort, localAddress }: Socket): string => `${remotePort} ${localAddress}`
