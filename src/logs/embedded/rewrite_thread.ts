// The thread that rewrites segments, so that neither appends nor reads wait for a copy.
import type { Floor } from './retention.ts'
import { type RewriteOptions, Rewriter } from './rewrite.ts'
import { serve } from './thread.ts'

const rewriter = new Rewriter()

const methods = {
  begin: (options: RewriteOptions) => rewriter.begin(options),
  step: (bytes_max: number) => rewriter.step(bytes_max),
  finish: (floors: readonly Floor[]) => rewriter.finish(floors),
  abandon: () => rewriter.abandon(),
}

export type RewriteMethods = typeof methods

serve(methods)
