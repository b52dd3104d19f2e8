import { expect, it } from 'vitest'
import { createDataPlane } from '../../shared/dataplane/client.ts'

it('the client of the data plane runs in a worker', async () => {
  const asked: string[] = []
  const fetch = async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get('authorization')}`)
    if (request.method === 'PUT') return Response.json({ code: 404, message: 'missing object' }, { status: 404 })
    const file = (await request.formData()).get('file_upload')
    const content = file instanceof File ? await file.text() : ''
    return Response.json({ storage_name: 'm.map', file: `/maps/m.map ${content}` }, { status: 201 })
  }
  const dataPlane = createDataPlane({ url: 'http://node.test', username: 'a', password: 'b', fetch })
  expect((await dataPlane.storeMap('m.map', 'a b\n')).file).toBe('/maps/m.map a b\n')
  const login = `Basic ${btoa('a:b')}`
  expect(asked).toEqual([
    `PUT /v3/services/haproxy/storage/maps/m.map ${login}`,
    `POST /v3/services/haproxy/storage/maps ${login}`,
  ])
})
