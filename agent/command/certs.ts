import { X509Certificate } from 'node:crypto'
import { createLog } from '../../shared/log/log.ts'
import { authoritiesIn, factsOf, renewalMs } from '../certificates/certificate.ts'
import { readCertificate } from '../certificates/files.ts'
import { createKeeper } from '../certificates/keeper.ts'
import { openFront } from '../daemon/agent-front.ts'
import { askDaemon } from '../daemon/control.ts'
import { type Command, CommandError, EXIT, type Input } from './command.ts'
import { openFolder, openProject, type Project } from './project.ts'
import { ahead } from './spans.ts'

export const certsShow: Command = {
  name: 'certs show',
  summary: 'The certificate of this agent, and whom it believes',
  async run(input, terminal) {
    const folder = await openFolder(input)
    const found = await readCertificate(folder.certificates)
    if (!found) await openProject(input)
    if (!found) throw new CommandError('There is no certificate yet: cloudlunacy-agent up gets one')
    const { names, fingerprint, notBeforeMs, notAfterMs } = factsOf(found.cert)
    const [validFrom, expiresAt] = [notBeforeMs, notAfterMs].map((ms) => new Date(ms).toISOString()) as [string, string]
    const renewsAt = new Date(renewalMs({ names, fingerprint, notBeforeMs, notAfterMs })).toISOString()
    const { serialNumber } = new X509Certificate(found.cert)
    const authorities = authoritiesIn(found.ca).map((ca) => ({
      subject: ca.subject,
      fingerprint: ca.fingerprint256,
      expiresAt: new Date(ca.validTo).toISOString(),
    }))
    const facts = {
      names,
      serial: serialNumber,
      fingerprint,
      validFrom,
      expiresAt,
      renewsAt,
      files: folder.certificates,
      authorities,
    }
    terminal.answer(facts)
    const left = notAfterMs > Date.now() ? `in ${ahead(expiresAt, Date.now())}` : terminal.paint('red', 'expired')
    terminal.say(`Names        ${names.join(', ')}`)
    terminal.say(`Serial       ${serialNumber}`)
    terminal.say(`Fingerprint  ${fingerprint}`)
    terminal.say(`Expires      ${expiresAt} (${left})`)
    terminal.say(`Renewed      ${renewsAt}`)
    for (const ca of authorities) terminal.say(`CA           ${ca.fingerprint} (until ${ca.expiresAt.slice(0, 10)})`)
    terminal.say(`Files        ${folder.certificates.folder}/{ca,cert,key,mongodb}.pem`)
    return EXIT.done
  },
}

export const certsRenew: Command = {
  name: 'certs renew',
  summary: 'Another certificate now, before it is time',
  async run(input, terminal) {
    const project = await openProject(input)
    const facts = await terminal.during('Asking for a certificate', renewed(project, input))
    const expiresAt = new Date(facts.notAfterMs).toISOString()
    terminal.answer({ expiresAt, fingerprint: facts.fingerprint })
    terminal.say(`The new certificate is good until ${expiresAt}`)
    return EXIT.done
  },
}

/** By the daemon, whose parts take it at once; where none runs, by this process. */
async function renewed({ settings, folder }: Project, { signal }: Input) {
  const byDaemon = await askDaemon<ReturnType<typeof factsOf>>(folder.socket, 'renew', signal)
  if (byDaemon) return byDaemon
  const front = await openFront(settings, folder)
  const keeper = createKeeper({
    agentId: settings.agent,
    front: front.client,
    paths: folder.certificates,
    from: () => settings.certificates.from,
    now: Date.now,
    pauseMs: () => 0,
    log: createLog({ write: () => undefined }),
    changed: () => undefined,
  })
  return keeper.renew(signal).finally(() => front.close())
}
