/** Why a responder's answer is of no use, as a sentence. */
export class OcspProblem extends Error {}
