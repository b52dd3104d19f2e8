import { readFileSync } from 'node:fs'
import { z } from 'zod'

export interface Settings {
  host: string
  port: number
  user: string
  password: string
  folder: string
  haproxy: string
  keepHaproxy: boolean
  tls: { cert: string; key: string } | null
}

/** One sentence for each thing that is wrong in the environment. */
export class SettingsError extends Error {
  readonly mistakes: string[]

  constructor(mistakes: string[]) {
    super(mistakes.join('\n'))
    this.name = 'SettingsError'
    this.mistakes = mistakes
  }
}

const schema = z
  .object({
    DATAPLANE_HOST: z.string().default('127.0.0.1'),
    DATAPLANE_PORT: z.coerce
      .number('must be a number')
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(65535, 'must be at most 65535')
      .default(5555),
    DATAPLANE_USER: z
      .string()
      .regex(/^[^:\s]+$/, 'must hold no colon and no space')
      .default('admin'),
    DATAPLANE_PASSWORD: z
      .string('is required: set it, or DATAPLANE_PASSWORD_FILE to a file that holds it')
      .min(12, 'must have at least 12 characters'),
    DATA_DIR: z.string('is required: the folder that the data plane keeps its files in').min(1, 'must name a folder'),
    HAPROXY: z.string().min(1, 'must name a program').default('haproxy'),
    KEEP_HAPROXY: z.enum(['true', 'false'], 'must be true or false').default('false'),
    DATAPLANE_TLS_CERT: z.string().optional(),
    DATAPLANE_TLS_KEY: z.string().optional(),
  })
  .refine((all) => !all.DATAPLANE_TLS_CERT === !all.DATAPLANE_TLS_KEY, {
    path: ['DATAPLANE_TLS_CERT'],
    message: 'and DATAPLANE_TLS_KEY belong together: set both or none',
  })

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = schema.safeParse({ ...withoutEmpty(env), ...passwordFromFile(env) })
  if (!parsed.success)
    throw new SettingsError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))
  const all = parsed.data
  return {
    host: all.DATAPLANE_HOST,
    port: all.DATAPLANE_PORT,
    user: all.DATAPLANE_USER,
    password: all.DATAPLANE_PASSWORD,
    folder: all.DATA_DIR,
    haproxy: all.HAPROXY,
    keepHaproxy: all.KEEP_HAPROXY === 'true',
    tls:
      all.DATAPLANE_TLS_CERT && all.DATAPLANE_TLS_KEY
        ? {
            cert: readSetting('DATAPLANE_TLS_CERT', all.DATAPLANE_TLS_CERT),
            key: readSetting('DATAPLANE_TLS_KEY', all.DATAPLANE_TLS_KEY),
          }
        : null,
  }
}

const withoutEmpty = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))

function passwordFromFile({ DATAPLANE_PASSWORD, DATAPLANE_PASSWORD_FILE: path }: NodeJS.ProcessEnv) {
  if (!path) return {}
  if (DATAPLANE_PASSWORD)
    throw new SettingsError(['DATAPLANE_PASSWORD and DATAPLANE_PASSWORD_FILE are both set: keep one'])
  return { DATAPLANE_PASSWORD: readSetting('DATAPLANE_PASSWORD_FILE', path).trim() }
}

function readSetting(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new SettingsError([`${name} ${path} cannot be read: see that it exists and that this user may read it`])
  }
}
