import { expect, it } from 'vitest'
import { clientTypes } from '../../scripts/client-types/source.ts'
import { harness } from '../harness.ts'

it('the client’s types are those of the served document: npm run client-types puts them right', async () => {
  const { body } = await (await harness()).call('GET', '/api/openapi.json')
  await expect(clientTypes(body)).toMatchFileSnapshot('../../examples/client/api.ts')
})
