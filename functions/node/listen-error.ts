import { StartError } from './start-error.ts'

/** A variable that names a port, the one that names its address, and what they say. */
export interface Place {
  portName: string
  port: number
  hostName: string
  host: string
}

export const apiPlace = (host: string, port: number): Place => ({ portName: 'PORT', port, hostName: 'HOST', host })

export function listenError(error: NodeJS.ErrnoException, { portName, port, hostName, host }: Place): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(
        `${portName} ${port} is in use on ${host}: stop the program that has it, or set ${portName} to another number`,
        error,
      )
    case 'EACCES':
      return new StartError(
        `${portName} ${port} may not be opened by this user: set ${portName} to a number above 1023`,
        error,
      )
    case 'EADDRNOTAVAIL':
      return new StartError(
        `${hostName} ${host} is no address of this machine: set ${hostName} to one that is, or to 0.0.0.0 for all`,
        error,
      )
    default:
      return error
  }
}
