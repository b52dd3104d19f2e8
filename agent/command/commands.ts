import { certsRenew, certsShow } from './certs.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
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
  doctor,
  uninstall,
]
