import { addressKind, unwrapped } from './address-kind.ts'
import type { ServicePlace } from './around-data-plane.ts'

/** How near targets may be: only on the internet, also in private networks, also on this machine. */
export type TargetLevel = 'public' | 'private' | 'loopback'

/** What is the front's own, and so never a target. */
export interface OwnPlaces {
  /** What the front, HAProxy and what belongs to them listen on: on this machine, whatever address it is called by. */
  ports: number[]
  /** This machine's addresses at the moment. */
  addresses(): string[]
  /** The store and data planes, here or elsewhere. Their hosts are addresses or names. */
  services: ServicePlace[]
}

export interface TargetPolicy {
  /** Why a target may not be this name, as the rest of a sentence that begins with it; `null`: it may. */
  refusalOfName(name: string, port: number): string | null
  /** The same for an address. */
  refusalOfAddress(address: string, port: number): string | null
  /**
   * The nodes that were added. Where there are any, this machine is another one to each of them, and no target leads to
   * it any more.
   */
  meet(nodes: ServicePlace[]): void
  /** What the names of the front's own services stand for by now. */
  know(addresses: { host: string; addresses: string[] }[]): void
  /** The names of the front's own services. */
  readonly ownNames: string[]
}

export interface TargetPolicyOptions {
  level: TargetLevel
  own: OwnPlaces
  /** Everything under these comes back here. */
  domains: string[]
}

const ALLOWED = {
  public: ['public'],
  private: ['public', 'private'],
  loopback: ['public', 'private', 'loopback'],
} satisfies Record<TargetLevel, string[]>

const WHY = {
  public: '',
  private: 'is an address of a private network, which this front does not reach (TARGET_POLICY)',
  loopback: 'is this machine itself: give the address that the front can reach',
  never: 'is no address that an app or a database could have',
}
const OWN = 'is the front’s own'

export function createTargetPolicy({ level, own, domains }: TargetPolicyOptions): TargetPolicy {
  let services = own.services
  let allowed: readonly string[] = ALLOWED[level]
  let resolved = new Map<string, string[]>()
  let here = new Set(own.addresses().map(unwrapped))

  const addressesOf = (host: string): string[] => resolved.get(host) ?? [unwrapped(host)]
  const isHere = (address: string) => here.has(address) || addressKind(address) === 'loopback'
  const isOwnService = (address: string, port: number) =>
    services.some(
      (service) =>
        service.port === port &&
        addressesOf(service.host).some((own) => own === address || (isHere(own) && isHere(address))),
    )

  return {
    get ownNames() {
      const names = services.map(({ host }) => host).filter((host) => /[a-z]/.test(host) && !host.includes(':'))
      return [...new Set(names)]
    },

    refusalOfName(name, port) {
      if (domains.some((domain) => name === domain || name.endsWith(`.${domain}`))) return OWN
      return services.some((service) => service.host === name && service.port === port) ? OWN : null
    },

    refusalOfAddress(written, port) {
      const address = unwrapped(written)
      const kind = addressKind(address)
      if (!allowed.includes(kind)) return WHY[kind]
      const isOwn = (own.ports.includes(port) && isHere(address)) || isOwnService(address, port)
      return isOwn ? OWN : null
    },

    meet(nodes) {
      services = [...own.services, ...nodes]
      allowed = ALLOWED[level === 'loopback' && nodes.length > 0 ? 'private' : level]
    },

    know(answers) {
      here = new Set(own.addresses().map(unwrapped))
      resolved = new Map(answers.map(({ host, addresses }) => [host, addresses.map(unwrapped)]))
    },
  }
}
