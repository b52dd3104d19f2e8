import { diagnose } from '../doctor/diagnose.ts'
import type { Finding } from '../doctor/finding.ts'
import { type Command, EXIT } from './command.ts'
import { openProject } from './project.ts'

const SIGNS = { well: ['green', '✓'], doubtful: ['yellow', '!'], wrong: ['red', '✗'] } as const

export const doctor: Command = {
  name: 'doctor',
  summary: 'Looks for what is wrong, and says what to do about it',
  about: 'Exit code: 0 nothing is wrong, 1 something is.',
  async run(input, terminal) {
    const { settings, folder } = await openProject(input)
    const findings: Finding[] = []
    for await (const finding of diagnose(settings, folder, { signal: input.signal })) {
      findings.push(finding)
      const [colour, sign] = SIGNS[finding.verdict]
      terminal.say(`${terminal.paint(colour, sign)} ${finding.subject}: ${finding.sentence}`)
      if (finding.advice !== null) terminal.say(`    ${finding.advice}`)
    }
    terminal.answer({ findings })
    return findings.some(({ verdict }) => verdict === 'wrong') ? EXIT.failed : EXIT.done
  },
}
