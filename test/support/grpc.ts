import {
  type ClientReadableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'

const toBytes = (text: string) => Buffer.from(text)
const toText = (bytes: Buffer) => bytes.toString()
const texts = {
  requestSerialize: toBytes,
  requestDeserialize: toText,
  responseSerialize: toBytes,
  responseDeserialize: toText,
}
const SERVICE = {
  say: { path: '/test.Echo/Say', requestStream: false, responseStream: false, ...texts },
  count: { path: '/test.Echo/Count', requestStream: false, responseStream: true, ...texts },
}

/** Says back what it is told, counts as far as it is told, and names itself in the trailers. It ends with the test. */
export async function startGrpcServer(name: string): Promise<number> {
  const server = new Server()
  const trailers = () => {
    const metadata = new Metadata()
    metadata.set('x-server', name)
    return metadata
  }
  server.addService(SERVICE, {
    say: (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) =>
      answer(null, call.request, trailers()),
    async count(call: ServerWritableStream<string, string>) {
      for (let i = 1; i <= Number(call.request); i++) {
        call.write(String(i))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      call.end(trailers())
    },
  })
  onTestFinished(() => server.forceShutdown())
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
  })
}

export interface GrpcClient {
  /** The answer, and who gave it by the trailers. */
  say(text: string): Promise<{ text: string; server: string }>
  count(to: number): Promise<{ messages: string[]; server: string }>
}

/** To this machine under a name; by TLS with a CA, otherwise by prior knowledge. It ends with the test. */
export function grpcClient(port: number, authority: string, ca?: string): GrpcClient {
  const Echo = makeGenericClientConstructor(SERVICE, 'Echo')
  const client = new Echo(
    `127.0.0.1:${port}`,
    ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca)),
    { 'grpc.default_authority': authority, 'grpc.ssl_target_name_override': authority },
  )
  onTestFinished(() => client.close())
  const serverIn = (metadata: Metadata | undefined) => String(metadata?.get('x-server')[0])
  return {
    say: (text) =>
      new Promise((resolve, reject) => {
        let answer = ''
        const call = client.say?.(text, (error: ServiceError | null, found: string) => {
          if (error) reject(error)
          answer = found
        })
        call.on('status', ({ metadata }: { metadata: Metadata }) =>
          resolve({ text: answer, server: serverIn(metadata) }),
        )
      }),
    count: (to) =>
      new Promise((resolve, reject) => {
        const messages: string[] = []
        const call = client.count?.(String(to)) as ClientReadableStream<string>
        call.on('data', (message: string) => messages.push(message))
        call.on('error', reject)
        call.on('status', ({ metadata }) => resolve({ messages, server: serverIn(metadata) }))
      }),
  }
}
