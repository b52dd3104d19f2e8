import { benchFleet } from './agents/fleet.ts'
import { benchRest } from './agents/rest.ts'

/** What many agents ask of one front, and what an agent takes of its own machine. */
export async function run(_: string[], part: string | null): Promise<void> {
  if (part === null || part === 'fleet') await benchFleet()
  if (part === null || part === 'rest') await benchRest()
}
