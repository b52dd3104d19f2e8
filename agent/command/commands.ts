import { certsRenew, certsShow } from './certs.ts'
import { certsMongod } from './certs-mongod.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
import { logs } from './logs.ts'
import { redeploy } from './redeploy.ts'
import { routesAdd, routesList, routesRemove } from './routes.ts'
import { status } from './status.ts'
import { uninstall } from './uninstall.ts'
import { up } from './up.ts'

/** In the order of `--help`. */
export const COMMANDS: Command[] = [
  init,
  up,
  status,
  routesList,
  routesAdd,
  routesRemove,
  certsShow,
  certsRenew,
  certsMongod,
  logs,
  redeploy,
  doctor,
  uninstall,
]
