import { join } from 'node:path'
import { createApps } from '../../../agent/apps/apps.ts'
import { createLog } from '../../../shared/log/log.ts'
import { anApp } from './an-app.ts'

/** An agent's apps in a process that a test can kill: says so when its app serves. */
const [, , folder = '', version = ''] = process.argv
const apps = createApps({
  folder,
  logs: join(folder, 'logs'),
  running: join(folder, 'running.json'),
  log: createLog({ write: () => undefined }),
  moved: () => void (apps.upstreamOf('shop') && process.stdout.write(`${apps.report()[0]?.pid}\n`)),
  drained: async () => undefined,
})
apps.apply([anApp(folder, { VERSION: version, CHILD: '1' }), anApp(folder, {}, { name: 'other' })])
