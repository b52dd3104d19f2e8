/** A value that cannot stand in a configuration without changing what is around it. The message may be shown. */
export class HaproxyTextError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'HaproxyTextError'
  }
}
