/** How a key of 256 random bits is written, so that it can be told from one that a person chose: it may be checked fast. */
export const RANDOM_KEY = { prefix: 'clk_', bytes: 32, form: /^clk_[\w-]{43}$/ }
