import { type FSWatcher, statSync, watch } from 'node:fs'
import { createWakeUp } from '../../lib/wake-up.ts'
import { foldersOf } from './node-folders-of.ts'

/** Says when what a path leads to may be another file, or say something else. */
export interface WatchedFolders {
  /** Watches where the path leads now: to be called before the file is read. */
  refresh(): void
  /** Waits for the first change since then, or for the time. */
  change(mostMs: number, signal: AbortSignal): Promise<void>
  close(): void
}

export function watchFolders(path: string): WatchedFolders {
  const watchers = new Map<string, { watcher: FSWatcher; inode: number | undefined }>()
  let names: Map<string, Set<string>> = new Map()
  const changed = createWakeUp()

  const close = (folder: string) => {
    watchers.get(folder)?.watcher.close()
    watchers.delete(folder)
  }
  const open = (folder: string) => {
    try {
      const inode = inodeOf(folder)
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name === null || names.get(folder)?.has(name)) changed.wake()
      })
      watcher.on('error', () => {
        close(folder)
        changed.wake()
      })
      watchers.set(folder, { watcher, inode })
    } catch {
      // Gone meanwhile, or too many are watched: then it is looked at from time to time.
    }
  }
  return {
    refresh() {
      changed.reset()
      names = foldersOf(path)
      for (const [folder, { inode }] of watchers) if (!names.has(folder) || inode !== inodeOf(folder)) close(folder)
      for (const folder of names.keys()) if (!watchers.has(folder)) open(folder)
    },
    change: (mostMs, signal) => changed.wait(mostMs, signal),
    close() {
      for (const folder of watchers.keys()) close(folder)
    },
  }
}

const inodeOf = (folder: string): number | undefined => statSync(folder, { throwIfNoEntry: false })?.ino
