import { z } from 'zod'
import { Label } from '../../shared/domain/agent.ts'
import { MongodbOptions } from '../../shared/domain/route-options.ts'
import { Port, TargetHost } from '../../shared/domain/target-host.ts'
import { Exposure } from './exposure.ts'

const Options = MongodbOptions.extend({
  through: z.undefined('is not said here: write "expose" in the database itself').optional(),
})

/** A MongoDB of the file. Without a name it has the agent's own host name. */
export const Database = z.strictObject({
  name: Label.optional(),
  host: TargetHost.default('127.0.0.1'),
  port: Port.default(27_017),
  /** With which the agent logs in, to have a renewed certificate taken: mongodb://user:password@127.0.0.1:27017 */
  admin: z.string().startsWith('mongodb://', 'must begin with mongodb://').optional(),
  expose: Exposure,
  options: Options.optional(),
})
export type Database = z.infer<typeof Database>
