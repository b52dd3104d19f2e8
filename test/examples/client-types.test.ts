import { expect, it } from 'vitest'
import { AGENT_CALLS, AGENT_SCHEMAS } from '../../scripts/client-types/agent-calls.ts'
import { clientTypes } from '../../scripts/client-types/source.ts'
import { harness } from '../harness.ts'

it('the clients’ types are those of the served document: npm run client-types puts them right', async () => {
  const { body } = await (await harness()).call('GET', '/api/openapi.json')
  await expect(clientTypes(body)).toMatchFileSnapshot('../../examples/client/api.ts')
  const ofAgent = clientTypes(body, { calls: AGENT_CALLS, schemas: AGENT_SCHEMAS })
  await expect(ofAgent).toMatchFileSnapshot('../../agent/client/api.ts')
})
