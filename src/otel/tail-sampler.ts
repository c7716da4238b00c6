import type { Attributes, Context, Link, SamplingResult, SpanKind } from '@opentelemetry/api'

/** A sampler, as every SDK has it. */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult
  toString(): string
}

const NOT_RECORD = 0
const RECORD = 1

/**
 * Lets another sampler decide what is sampled, and has the rest recorded, so that {@link NonplusTailProcessor} can decide
 * again once a request is over. That costs what spans cost, for every request.
 */
export class NonplusTailSampler implements Sampler {
  readonly #head: Sampler

  constructor(head: Sampler) {
    this.#head = head
  }

  shouldSample(...args: Parameters<Sampler['shouldSample']>): SamplingResult {
    const result = this.#head.shouldSample(...args)
    return result.decision === NOT_RECORD ? { ...result, decision: RECORD } : result
  }

  toString(): string {
    return `NonplusTailSampler{${this.#head.toString()}}`
  }
}
