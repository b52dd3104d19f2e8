import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { doubtful, type Finding, well } from './finding.ts'

const UNIT = 'cloudlunacy-agent.service'

/** Whether the agent comes back after the machine was restarted. Where something else than systemd sees to it, nothing is said. */
export async function checkService(signal: AbortSignal): Promise<Finding[]> {
  if (!existsSync('/run/systemd/system')) return []
  const enabled = await promisify(execFile)('systemctl', ['is-enabled', UNIT], { signal }).then(
    ({ stdout }) => stdout.trim() === 'enabled',
    () => false,
  )
  if (enabled) return [well('service', 'is started with the machine')]
  const advice = `Put ${UNIT} into /etc/systemd/system, then: systemctl enable --now ${UNIT}`
  return [doubtful('service', 'is not started with the machine', advice)]
}
