import { writeSync } from 'node:fs'

const HEADER_BYTES = 8
const LENGTH_AT = 4

/** Takes Docker's stream of both outputs apart: each piece comes behind a header that says from which, and how long it is. */
export function createOutputCopy(file: number): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(LENGTH_AT)
      if (rest.length < end) return
      writeSync(file, rest.subarray(HEADER_BYTES, end))
      rest = rest.subarray(end)
    }
  }
}
