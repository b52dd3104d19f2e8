/** What the doctor found, in words. */
export interface Finding {
  /** `front`, `dns`, `clock`, `certificate`, `ingress`, `app shop`, `database main` … */
  subject: string
  verdict: 'well' | 'doubtful' | 'wrong'
  sentence: string
  /** What to do about it. */
  advice: string | null
}
