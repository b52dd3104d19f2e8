import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { CertificatePaths } from '../config/folder.ts'

const TIMEOUT_MS = 60_000

/** Runs the line that agent.yaml has for renewed certificates. What it says when it fails is in the error. */
export async function runHook(line: string, paths: CertificatePaths, signal: AbortSignal): Promise<void> {
  const env = {
    ...process.env,
    CLOUDLUNACY_CA: paths.ca,
    CLOUDLUNACY_CERT: paths.cert,
    CLOUDLUNACY_KEY: paths.key,
    CLOUDLUNACY_MONGODB: paths.mongodb,
  }
  await promisify(execFile)('/bin/sh', ['-c', line], { env, signal, timeout: TIMEOUT_MS })
}
