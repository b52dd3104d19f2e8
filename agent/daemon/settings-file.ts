import { watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readSettings, SettingsError } from '../config/read.ts'
import type { Settings } from '../config/settings.ts'
import { readIfThere } from './files.ts'
import { createLoop, type Loop } from './loop.ts'

/** For where nobody tells of changes: network disks, some containers. */
const LOOK_EVERY_MS = 5_000
/** Editors write a file in several steps. */
const GATHER_MS = 100

export interface SettingsFile extends Loop {
  /** What is in force: the file as it was last without a mistake. */
  readonly settings: Settings
  /** What is wrong with the file as it is now. */
  readonly mistakes: string[]
}

interface Options {
  path: string
  environment: Record<string, string | undefined>
  changed(settings: Settings): void
  /** It says something that cannot be used; what was in force stays so. */
  refused(mistakes: string[]): void
}

/** Throws where it cannot be used from the beginning. */
export async function openSettingsFile({ path, environment, changed, refused }: Options): Promise<SettingsFile> {
  let text = await readIfThere(path)
  let settings = parse(text)
  let mistakes: string[] = []
  let version = ''

  function parse(written: string | null): Settings {
    if (written === null) throw new SettingsError(path, ['there is no such file: cloudlunacy-agent init makes one'])
    return readSettings(written, { file: path, environment })
  }
  const look = async () => {
    const now = await stat(path).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => 'gone',
    )
    if (now === version) return LOOK_EVERY_MS
    version = now
    const written = await readIfThere(path)
    if (written === text) return LOOK_EVERY_MS
    text = written
    try {
      const read = parse(written)
      mistakes = []
      if (JSON.stringify(read) === JSON.stringify(settings)) return LOOK_EVERY_MS
      settings = read
      changed(read)
    } catch (error) {
      mistakes = error instanceof SettingsError ? error.mistakes : [String(error)]
      refused(mistakes)
    }
    return LOOK_EVERY_MS
  }
  const loop = createLoop({ once: look, pauseMs: () => LOOK_EVERY_MS })
  return {
    wake: loop.wake,
    async run(signal) {
      const stopWatching = watchFolder(path, loop.wake)
      await loop.run(signal)
      stopWatching()
    },
    get settings() {
      return settings
    },
    get mistakes() {
      return mistakes
    },
  }
}

/** The folder, because editors put a new file in the place of the old one. */
function watchFolder(path: string, wake: () => void): () => void {
  let gathering: NodeJS.Timeout | undefined
  const gather = () => {
    clearTimeout(gathering)
    gathering = setTimeout(wake, GATHER_MS)
  }
  try {
    const watcher = watch(dirname(path), { persistent: false }, gather)
    watcher.on('error', () => watcher.close())
    return () => {
      clearTimeout(gathering)
      watcher.close()
    }
  } catch {
    return () => undefined
  }
}
