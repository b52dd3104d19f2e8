import { readFileSync } from 'node:fs'
import { type Config, ConfigError, parseConfig, SECRET_VARIABLES } from '../config.ts'
import { StartError } from './start-error.ts'

/** The configuration, with secrets from the files that `NAME_FILE` variables point to. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  try {
    return parseConfig({ ...env, ...secretsFromFiles(env) })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new StartError(error.mistakes.join('\n'))
  }
}

function secretsFromFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const mistakes: string[] = []
  const secrets: Record<string, string> = {}
  for (const name of SECRET_VARIABLES) {
    const path = env[`${name}_FILE`]
    if (!path) continue
    if (env[name]) mistakes.push(`${name} and ${name}_FILE are both set: keep one`)
    try {
      secrets[name] = readFileSync(path, 'utf8').trim()
    } catch {
      mistakes.push(`${name}_FILE ${path} cannot be read: see that it exists and that this user may read it`)
    }
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return secrets
}
