import type { Mirror } from './mirror.ts'

interface Following {
  mirrors: Pick<Mirror<unknown>, 'load' | 'follow'>[]
  /** One of them has changed. */
  changed(): void
}

/** Works with mirrors that are loaded before, and followed until it is over. */
export async function whileFollowing(
  { mirrors, changed }: Following,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  await Promise.all(mirrors.map((mirror) => mirror.load()))
  const over = new AbortController()
  const ends = AbortSignal.any([signal, over.signal])
  const following = mirrors.map((mirror) => mirror.follow(ends, changed))
  try {
    await work()
  } finally {
    over.abort()
    await Promise.all(following)
  }
}
