import { COMMON, type Command, type Option } from './command.ts'

const PROGRAM = 'cloudlunacy-agent'

export function usageOf({ name, summary, takes, options = {}, about }: Command): string {
  const usage = [PROGRAM, name, takes, '[options]'].filter(Boolean).join(' ')
  const rows = Object.entries({ ...options, ...COMMON }).map(
    ([option, described]): Row => [flag(option, described), described.about],
  )
  return [`${summary}.`, '', `  ${usage}`, '', ...table(rows), ...(about ? ['', about] : []), ''].join('\n')
}

export function allUsage(commands: Command[]): string {
  const rows = commands.map(({ name, takes = '', summary }): Row => [`${name} ${takes}`.trim(), summary])
  return [
    'Puts the apps and databases of this machine behind a CloudLunacy front.',
    '',
    `  ${PROGRAM} COMMAND [options]`,
    '',
    ...table(rows),
    '',
    `${PROGRAM} COMMAND --help says more. A first time: init, then up.`,
    '',
  ].join('\n')
}

type Row = [name: string, about: string]

function table(rows: Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`)
}

const flag = (name: string, { value, short }: Option) =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
