import { type Configuration, parseConfiguration, printConfiguration } from '../../../shared/haproxy-text/index.ts'
import { ApiError } from '../api-error.ts'
import { versionOf, withMarks, withoutMarks } from '../managed-text.ts'
import { type Answer, booleanQuery, type Call, integerQuery, noContent, ok, type Route, textBody } from './call.ts'
import { configurationFor, missingVersion, reloadChoice, reloadHeader } from './configuration-change.ts'
import type { Context } from './context.ts'

const PATH = '/services/haproxy/configuration'

export function rawRoutes(context: Context): Route[] {
  return [
    { method: 'GET', path: `${PATH}/version`, handle: (call) => version(context, call) },
    { method: 'GET', path: `${PATH}/raw`, produces: 'text', handle: (call) => read(context, call) },
    {
      method: 'POST',
      path: `${PATH}/raw`,
      produces: 'text',
      consumes: 'text/plain',
      handle: (call) => post(context, call),
    },
    { method: 'POST', path: `${PATH}/raw/check`, consumes: 'text/plain', handle: (call) => checkAhead(context, call) },
  ]
}

function version(context: Context, call: Call): Answer {
  configurationFor(context, call)
  return ok(context.store.version)
}

function read(context: Context, call: Call): Answer {
  const asked = integerQuery(call, 'version')
  if (asked !== null && asked !== 0 && asked !== context.store.version)
    throw new ApiError(404, `missing object: backup file for version ${asked} does not exist`)
  return stored(context, call, 200)
}

function stored(context: Context, call: Call, status: number, headers: Record<string, string> = {}): Answer {
  const inTransaction = call.query.has('transaction_id')
  const { text, checksum } = inTransaction
    ? withMarks(printConfiguration(configurationFor(context, call)), context.store.version)
    : context.store.text()
  return { status, text, headers: { ...headers, 'Configuration-Checksum': checksum } }
}

/** A call of our own: whoever pushes this text next, and has something locked meanwhile, does not wait for the check. */
async function checkAhead({ store }: Context, call: Call): Promise<Answer> {
  await store.checkAhead(parsed(await textBody(call)))
  return noContent
}

function parsed(given: string): Configuration {
  if (given === '') throw new ApiError(400, 'value is required but missing')
  if (!given.includes('\n')) throw new ApiError(400, 'invalid configuration: no newline character found')
  if (given.includes('\0')) throw new ApiError(400, 'invalid configuration: it holds a NUL')
  return parseConfiguration(withoutMarks(given))
}

async function post(context: Context, call: Call): Promise<Answer> {
  const given = await textBody(call)
  const configuration = parsed(given)
  if (booleanQuery(call, 'only_validate')) {
    await context.store.validate(printConfiguration(configuration))
    return stored(context, call, 202)
  }
  const choice = reloadChoice(call)
  const version = integerQuery(call, 'version')
  if (version === null && !booleanQuery(call, 'skip_version')) throw missingVersion()
  const change = booleanQuery(call, 'skip_version')
    ? await context.engine.replace(configuration, versionOf(given) ?? 1, choice)
    : await context.engine.change(version ?? 0, () => configuration, choice)
  return stored(context, call, choice === 'soon' ? 202 : 201, reloadHeader(change))
}
