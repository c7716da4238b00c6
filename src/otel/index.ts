export { NonplusInstrumentation } from './instrumentation.ts'
export type { OtelOptions } from './otel-options.ts'
export type { SpanMode } from './statement-spans.ts'
