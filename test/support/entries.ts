/** End-to-end files that `npm test` runs on the worker's entry too: quick ones, of different subjects. */
export const QUICK_ON_A_WORKER = [
  'test/e2e/acme.test.ts',
  'test/e2e/allow-from.test.ts',
  'test/e2e/options/requests.test.ts',
  'test/e2e/nodes-come-and-go.test.ts',
]

/** Files that start a front and make no sense on the worker's entry, and why. All others of test/e2e and test/faults run there. */
export const NOT_ON_A_WORKER: Record<string, string> = {
  'test/e2e/logs.test.ts':
    'a worker cannot follow HAProxy’s log: it answers 501, which test/worker/gateway.test.ts sees',
  'test/e2e/events-two-fronts.test.ts': 'etcd; the isolates of a worker share one Durable Object',
  'test/faults/killed-import.test.ts': 'it starts fronts on Node by itself',
  'test/e2e/docs-page.test.ts': 'the page is the same; test/worker/worker.test.ts sees that its files are there',
  'test/e2e/gateway-file.test.ts': 'a worker has no files: it answers with what is put by hand',
  'test/e2e/provider-errors.test.ts': 'a worker has no providers: it answers with what is put by hand',
  'test/e2e/transport/grpc.test.ts': 'a worker has no files: it answers with what is put by hand',
  'test/e2e/haproxy.test.ts': 'it is about HAProxy beside a front on Node; a worker has none beside it',
  'test/e2e/two-fronts.test.ts': 'etcd; the isolates of a worker share one Durable Object',
  'test/e2e/worker.test.ts': 'it is about the worker itself and runs on no other entry',
  'test/faults/etcd.test.ts': 'no front runs in it',
  'test/faults/sqlite.test.ts': 'no front runs in it',
  'test/faults/two-fronts.test.ts': 'etcd; the isolates of a worker share one Durable Object',
  'test/faults/full-disk.test.ts':
    'a worker has no disk of its own; the data plane’s is tried in test/dataplane/full-disk.test.ts',
}
