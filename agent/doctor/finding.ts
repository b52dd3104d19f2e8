/** What the doctor found, in words. */
export interface Finding {
  /** `front`, `dns`, `clock`, `certificate`, `ingress`, `app shop`, `database main` … */
  subject: string
  verdict: 'well' | 'doubtful' | 'wrong'
  sentence: string
  /** What to do about it. */
  advice: string | null
}

export const well = (subject: string, sentence: string): Finding => ({
  ...{ subject, verdict: 'well', sentence, advice: null },
})

export const doubtful = (subject: string, sentence: string, advice: string): Finding => ({
  ...{ subject, verdict: 'doubtful', sentence, advice },
})

export const wrong = (subject: string, sentence: string, advice: string): Finding => ({
  ...{ subject, verdict: 'wrong', sentence, advice },
})
