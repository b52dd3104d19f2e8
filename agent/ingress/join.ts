import type { Duplex } from 'node:stream'

/** Each gets what the other says, no faster than it takes it, until both have said all. When one breaks, both end. */
export function join(one: Duplex, other: Duplex): void {
  pass(one, other)
  pass(other, one)
}

function pass(from: Duplex, to: Duplex): void {
  from.allowHalfOpen = true
  from.pipe(to)
  from.on('error', () => to.destroy())
  from.on('close', () => {
    if (!from.readableEnded) to.destroy()
    // What was said to the end is still on its way, and what comes back may still be heard, or not.
    else if (from.writableFinished) to.end()
    else to.end(() => to.destroy())
  })
}
