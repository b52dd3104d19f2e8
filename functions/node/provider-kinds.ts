import { dnsKind } from '../../shared/providers/dns/node-kind.ts'
import { dockerKind } from '../../shared/providers/docker/node-kind.ts'
import { etcdKind } from '../../shared/providers/etcd/node-kind.ts'
import { fileKind } from '../../shared/providers/file/node-kind.ts'
import type { Kinds } from '../../shared/providers/kind.ts'
import { restKind } from '../../shared/providers/rest/node-kind.ts'

/** The kinds of providers that gateway.yaml may name. A kind of your own is a line here. */
export const KINDS: Kinds = { dns: dnsKind, docker: dockerKind, etcd: etcdKind, file: fileKind, rest: restKind }
