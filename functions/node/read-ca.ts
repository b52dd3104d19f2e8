import { readFileSync } from 'node:fs'
import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import { StartError } from './start-error.ts'

/** The certificates that are to be believed, of the file that a variable names. */
export function readCa(variable: string, path: string): string {
  const pem = textOf(variable, path)
  if (!holdsCertificate(pem))
    throw new StartError(`${variable} ${path} holds no certificate: name a file of certificates as PEM`)
  return pem
}

function textOf(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new StartError(`${variable} ${path} cannot be read: see that it exists and that this user may read it`, cause)
  }
}
