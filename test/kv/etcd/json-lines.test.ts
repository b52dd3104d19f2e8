import { expect, test } from 'vitest'
import { jsonLines } from '../../../shared/kv/etcd/json-lines.ts'

const bytes = new TextEncoder().encode('{"a":1}\n{"text":"zażółć 🦊"}\n{"b":[2]}\n{"cut')

for (const size of [1, 2, 3, 7, 20, 1_000]) {
  test(`reads whole lines from chunks of ${size} bytes, and leaves one that was cut`, async () => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    )
    expect(await Array.fromAsync(jsonLines(ReadableStream.from(chunks) as ReadableStream<Uint8Array>))).toEqual([
      { a: 1 },
      { text: 'zażółć 🦊' },
      { b: [2] },
    ])
  })
}

test('passes on that the stream broke', async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error('cut'))
    },
  })
  await expect(Array.fromAsync(jsonLines(broken))).rejects.toThrow('cut')
})
