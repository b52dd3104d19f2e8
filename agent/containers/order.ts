import { versionOf } from '../apps/version.ts'
import type { App } from '../config/app.ts'

/** What the next agent knows its containers by. */
export const OWNER = 'cloudlunacy.agent'
export const APP = 'cloudlunacy.app'
export const VERSION = 'cloudlunacy.version'
export const PORT = 'cloudlunacy.port'

/** It is reached on this machine alone, and started again by the agent alone. */
export function orderOf(app: App, port: number, owner: string): object {
  const { image, port: inside = 0, command, volumes = [], user, memoryMegabytes } = app.container ?? { image: '' }
  const environment = { PORT: String(inside), ...app.environment }
  const host = app.expose === 'direct' ? '0.0.0.0' : '127.0.0.1'
  return {
    Image: image,
    ...(command && { Cmd: command }),
    ...(user !== undefined && { User: user }),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Labels: { [OWNER]: owner, [APP]: app.name, [VERSION]: versionOf(app), [PORT]: String(port) },
    ExposedPorts: { [`${inside}/tcp`]: {} },
    HostConfig: {
      PortBindings: { [`${inside}/tcp`]: [{ HostIp: host, HostPort: String(port) }] },
      Binds: volumes,
      RestartPolicy: { Name: 'no' },
      ...(memoryMegabytes !== undefined && { Memory: memoryMegabytes * 2 ** 20 }),
    },
  }
}
