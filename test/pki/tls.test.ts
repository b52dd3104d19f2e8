/** Node's TLS with what we sign, in both directions: the server checks the client as well. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { edgeProfile, frontProfile } from '../../shared/pki/index.ts'
import {
  API_HOST,
  certPem,
  crlPem,
  DAY_MS,
  DOMAIN,
  forge,
  type Holder,
  issueTo,
  newAuthority,
  profileOf,
} from './support.ts'

const DATABASE = `web-1.mongodb.${DOMAIN}`

/** A CA with an agent that serves and a front that calls. */
async function parties() {
  const authority = await newAuthority()
  const agent = await issueTo(authority, profileOf('web-1', '127.0.0.1'))
  const front = await issueTo(authority, frontProfile(API_HOST))
  return { authority, ca: certPem(authority.certificate), agent, front }
}

interface Party {
  ca: string
  crl?: string
  holder: Pick<Holder, 'cert' | 'key'>
}

/** What each side makes of the other: the common name that it sees, or why it does not believe it. */
async function meet(
  server: Party,
  client: Party,
  options: Pick<ConnectionOptions, 'servername' | 'maxVersion' | 'rejectUnauthorized'> = {},
) {
  const listener = createServer({ ...tlsOptions(server), requestCert: true, rejectUnauthorized: false })
  onTestFinished(() => void listener.close())
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const address = { host: '127.0.0.1', port, servername: DATABASE }
  const socket = connect({ ...tlsOptions(client), ...address, rejectUnauthorized: false, ...options })
  onTestFinished(() => void socket.destroy())
  const [[accepted]] = await Promise.all([once(listener, 'secureConnection'), once(socket, 'secureConnect')])
  onTestFinished(() => void accepted.destroy())
  return { serverSees: verdict(accepted), clientSees: verdict(socket) }
}

const tlsOptions = ({ ca, crl, holder }: Party) => ({ ca, crl, cert: holder.cert, key: holder.key })

function verdict(socket: TLSSocket): string {
  if (socket.authorized) return String(socket.getPeerCertificate().subject.CN)
  const error: (Error & { code?: string }) | string = socket.authorizationError
  return typeof error === 'string' ? error : (error.code ?? error.message)
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('Node over %s', (maxVersion) => {
  it('lets an agent and the front believe each other', async () => {
    const { ca, agent, front } = await parties()
    const seen = await meet({ ca, holder: agent }, { ca, holder: front }, { maxVersion })
    expect(seen).toEqual({ serverSees: 'front', clientSees: 'web-1' })
  })

  it('lets them also with a revocation list on both sides', async () => {
    const { authority, ca, agent, front } = await parties()
    const crl = await crlPem(authority, [await issueTo(authority, profileOf('web-1'))])
    const seen = await meet({ ca, crl, holder: agent }, { ca, crl, holder: front }, { maxVersion })
    expect(seen).toEqual({ serverSees: 'front', clientSees: 'web-1' })
  })

  it('refuses a revoked client, and a revoked server', async () => {
    const { authority, ca, agent, front } = await parties()
    const crl = await crlPem(authority, [agent, front])
    const seen = await meet({ ca, crl, holder: agent }, { ca, crl, holder: front }, { maxVersion })
    expect(seen).toEqual({ serverSees: 'CERT_REVOKED', clientSees: 'CERT_REVOKED' })
  })
})

describe('Node as a client', () => {
  it.each([
    ['its database', DATABASE, 'web-1'],
    ['one of several databases', `orders.${DATABASE}`, 'web-1'],
    ['its ingress', `web-1.agents.${DOMAIN}`, 'web-1'],
    ['localhost', 'localhost', 'web-1'],
    ["another agent's database", `web-2.mongodb.${DOMAIN}`, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['its common name', 'web-1', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('knows an agent by its names alone: %s', async (_, servername, expected) => {
    const { ca, agent, front } = await parties()
    const { clientSees } = await meet({ ca, holder: agent }, { ca, holder: front }, { servername })
    expect(clientSees).toBe(expected)
  })

  it('knows an agent by its verified address, though the CA is limited to names', async () => {
    const { ca, agent, front } = await parties()
    const { clientSees } = await meet({ ca, holder: agent }, { ca, holder: front }, { servername: '' })
    expect(clientSees).toBe('web-1')
  })

  it('does not know an agent by an address that was not verified', async () => {
    const { authority, ca, front } = await parties()
    const agent = await issueTo(authority, profileOf('web-1'))
    const { clientSees } = await meet({ ca, holder: agent }, { ca, holder: front }, { servername: '' })
    expect(clientSees).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('knows the edge by any name under its wildcard', async () => {
    const { authority, ca, front } = await parties()
    const edge = await issueTo(authority, edgeProfile([`*.apps.${DOMAIN}`]))
    const options = { servername: `shop.apps.${DOMAIN}` }
    const { clientSees } = await meet({ ca, holder: edge }, { ca, holder: front }, options)
    expect(clientSees).toBe('CloudLunacy Front edge')
  })

  it('turns away from a server that it does not believe', async () => {
    const [ours, theirs] = [await parties(), await parties()]
    const meeting = meet(
      { ...theirs, holder: theirs.agent },
      { ...ours, holder: ours.front },
      { rejectUnauthorized: true },
    )
    await expect(meeting).rejects.toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' })
  })
})

describe('Node refuses, as a server and as a client,', () => {
  it("another CA's certificate", async () => {
    const [ours, theirs] = [await parties(), await parties()]
    expect(await meet({ ...ours, holder: theirs.agent }, { ...ours, holder: theirs.front })).toEqual({
      serverSees: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      clientSees: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  })

  it('an expired certificate', async () => {
    const authority = await newAuthority({ now: () => Date.now() - 91 * DAY_MS })
    const holder = await issueTo(authority, profileOf('web-1'))
    const party = { ca: certPem(authority.certificate), holder }
    expect(await meet(party, party)).toEqual({ serverSees: 'CERT_HAS_EXPIRED', clientSees: 'CERT_HAS_EXPIRED' })
  })

  it('a name outside the constraints of the CA', async () => {
    const { authority, ca } = await parties()
    const holder = await forge(authority, { ...profileOf('web-1'), dnsNames: [DATABASE, 'bank.example'] })
    // Node has no name of its own for this error of OpenSSL, only the message.
    expect(await meet({ ca, holder }, { ca, holder })).toEqual({ serverSees: 'UNSPECIFIED', clientSees: 'UNSPECIFIED' })
    const meeting = meet({ ca, holder }, { ca, holder }, { rejectUnauthorized: true })
    await expect(meeting).rejects.toThrow('permitted subtree violation')
  })

  it('the front as a server, the edge as a client', async () => {
    const { authority, ca, front } = await parties()
    const edge = await issueTo(authority, edgeProfile([`*.apps.${DOMAIN}`]))
    expect(await meet({ ca, holder: front }, { ca, holder: edge })).toEqual({
      serverSees: 'INVALID_PURPOSE',
      clientSees: 'INVALID_PURPOSE',
    })
  })
})
