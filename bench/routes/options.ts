export interface Options {
  /** Also what takes minutes. */
  full: boolean
  /** Also the functions of the front that took the time. */
  profile: boolean
}

export const parseOptions = (args: string[]): Options => ({
  full: args.includes('--full'),
  profile: args.includes('--profile'),
})
