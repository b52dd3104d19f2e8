import type { Folder } from '../config/folder.ts'
import type { Settings } from '../config/settings.ts'
import type { Finding } from './finding.ts'

/** One finding after the other, as they come. */
export async function* diagnose(
  _settings: Settings,
  _folder: Folder,
  _options: { signal: AbortSignal },
): AsyncGenerator<Finding> {}
