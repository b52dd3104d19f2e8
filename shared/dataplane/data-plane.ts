import type {
  AdminState,
  Backend,
  MapEntry,
  NativeStat,
  ProcessInfo,
  Reload,
  RuntimeServer,
  Server,
  StickTableEntry,
  StoredCertificate,
  StoredFile,
  StoredNow,
} from './models.ts'

/** What may be said with every call. */
export interface CallOptions {
  signal?: AbortSignal
  timeoutMs?: number
}

/** When a change of the configuration reaches the worker: at once, when the API thinks fit, or not by itself. */
export type ReloadWhen = 'now' | 'later' | 'never'

export interface RawConfiguration {
  /** That a push must name. After a failed reload it is ahead of the text. */
  version: number
  /** Without the lines on top that are the API's own. */
  text: string
}

/** What a change of the configuration came to. */
export interface Applied {
  version: number
  /** The reload that is to come, to be asked for by `reload(id)`; null: none is needed, or it is done. */
  reloadId: string | null
}

/** How a stored file is known to the worker, so that its new content can be put there too. */
export type LoadedAs = 'ca-file' | 'crl-file'

/** A transaction that is open. */
export interface Transaction {
  readonly id: string
  createBackend(backend: Backend): Promise<void>
  replaceBackend(backend: Backend): Promise<void>
  /** One that is not there is no error. */
  deleteBackend(name: string): Promise<void>
  /** Lets HAProxy look at it ahead of the commit, where the API can: then that need not wait for the look. */
  checkAhead(): Promise<void>
}

/**
 * One node's HAProxy through its Data Plane API. It keeps nothing between two calls, so that any number of fronts
 * may hold one for the same node. Each failure is a DataPlaneError.
 */
export interface DataPlane {
  /** Without its credentials. */
  readonly url: string

  info(options?: CallOptions): Promise<{ version: string }>
  /** Of the worker that takes new connections. */
  processInfo(options?: CallOptions): Promise<ProcessInfo>
  version(options?: CallOptions): Promise<number>

  raw(options?: CallOptions): Promise<RawConfiguration>
  /**
   * Replaces the whole configuration where it still has this version. When HAProxy does not start with it, the
   * configuration is what it was (`reloadFailed` in the error), under a higher version.
   */
  pushRaw(text: string, options: CallOptions & { version: number; reload: ReloadWhen }): Promise<Applied>
  /**
   * To be called when a reload that was to come `later` has failed: the API then keeps the refused configuration in
   * mind and fails every later reload with it. Afterwards it knows again what the worker runs. Gives the version.
   */
  forgetFailedReload(options?: CallOptions): Promise<number>
  /** Fails with HAProxy's own reason; changes nothing. */
  validate(text: string, options?: CallOptions): Promise<void>
  /** The same ahead of a push of it, where the API can: then that need not wait for the look. */
  checkAhead(text: string, options?: CallOptions): Promise<void>
  /**
   * Opens a transaction, lets `work` write into it, and commits. When somebody else was first, all of it is done again
   * on fresh state, so `work` may run several times. Nothing is left behind when it fails, also by a failed reload.
   */
  transaction(
    work: (tx: Transaction) => Promise<void>,
    options?: CallOptions & { reload?: Exclude<ReloadWhen, 'never'> },
  ): Promise<Applied>

  backends(options?: CallOptions): Promise<Backend[]>
  servers(backend: string, options?: CallOptions): Promise<Server[]>
  /** Weight, address, port and maintenance reach file and worker at once, without a reload; says whether that was so. */
  replaceServer(backend: string, server: Server, options?: CallOptions): Promise<{ reloadId: string | null }>

  mapEntries(map: string, options?: CallOptions): Promise<MapEntry[]>
  /** The value of one key, null where it is absent. */
  mapEntry(map: string, key: string, options?: CallOptions): Promise<string | null>
  /** Writes the entry, whether it is there or not. */
  setMapEntry(map: string, entry: MapEntry, options?: CallOptions & { isNew?: boolean }): Promise<void>
  /** One that is not there is no error. */
  deleteMapEntry(map: string, key: string, options?: CallOptions): Promise<void>
  /** Entries whose keys are known to be absent, many in few calls. */
  appendMapEntries(map: string, entries: MapEntry[], options?: CallOptions): Promise<void>
  /** The whole content. Never empties the map on the way where it has more than a handful of entries. */
  replaceMap(map: string, entries: MapEntry[], options?: CallOptions): Promise<void>

  runtimeServers(backend: string, options?: CallOptions): Promise<RuntimeServer[]>
  /** Fails when HAProxy did not take it, also where the API says 200. */
  setRuntimeServer(
    backend: string,
    name: string,
    change: { address?: string; port?: number; weight?: number; admin_state?: AdminState },
    options?: CallOptions,
  ): Promise<void>

  /** Into the worker alone, in maintenance; with `status` 409 where there is one of this name. Not with `maintenance`. */
  addRuntimeServer(backend: string, server: Server, options?: CallOptions): Promise<void>
  /** Out of the worker alone; `refused` as long as anything is connected to it. One that is not there is no error. */
  deleteRuntimeServer(backend: string, name: string, options?: CallOptions): Promise<void>

  storedMaps(options?: CallOptions): Promise<StoredFile[]>
  storedMap(name: string, options?: CallOptions): Promise<string | null>
  /** Makes it or replaces its content; the worker keeps what it has loaded. */
  storeMap(name: string, content: string, options?: CallOptions): Promise<StoredFile>

  storedCertificates(options?: CallOptions): Promise<StoredCertificate[]>
  /**
   * Certificate and key as PEM, into the store and into the worker. `needsReload` when the worker will only serve it
   * after a reload.
   */
  storeCertificate(name: string, pem: string, options?: CallOptions): Promise<StoredCertificate & StoredNow>
  /** Whether it is stored, and the worker serves it; by the SHA-256 of the certificate, as hexadecimal digits with or without colons. */
  servesCertificate(name: string, fingerprint: string, options?: CallOptions): Promise<boolean>
  /**
   * What HAProxy staples to it from now on, as base64, also after a reload; null: nothing. The real Data Plane API has no
   * such call: `false` then.
   */
  stapleCertificate(name: string, answer: string | null, options?: CallOptions): Promise<boolean>
  /** Out of the worker and out of the store. One that is not there is no error. */
  deleteCertificate(name: string, options?: CallOptions): Promise<void>

  storedFiles(options?: CallOptions): Promise<StoredFile[]>
  storedFile(name: string, options?: CallOptions): Promise<string | null>
  /** Any other file that a configuration names (error page, CA bundle, revocation list); makes it or replaces it. */
  storeFile(
    name: string,
    content: string,
    options?: CallOptions & { loadedAs?: LoadedAs },
  ): Promise<StoredFile & StoredNow>

  /** One that is not there, or that the configuration still names, is left as it is. */
  deleteFile(name: string, options?: CallOptions): Promise<void>

  reload(id: string, options?: CallOptions): Promise<Reload | null>
  /** With `columns` these figures at least: of thousands of servers the others take long to tell. */
  stats(
    filter: { type?: 'frontend' | 'backend' | 'server'; name?: string; parent?: string; columns?: readonly string[] },
    options?: CallOptions,
  ): Promise<NativeStat[]>
  /** All entries, or the one of this key. */
  stickTable(name: string, options?: CallOptions & { key?: string }): Promise<StickTableEntry[]>

  /**
   * Ends live connections whose server is one of these, also in old workers; of those with a host only what the stick
   * table knows by the key `host|number of the stream`. The real Data Plane API has no such call: `false` then.
   */
  closeConnections(
    targets: { address: string; port: number; host?: string }[],
    options?: CallOptions & { table?: string },
  ): Promise<boolean>
}
