import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'

/** How a vault's packs are coded and how many shards a write needs. */
export interface Policy {
  /** Of the erasure code: 1. */
  readonly code: number
  readonly k: number
  readonly m: number
  /** Durable shards a write needs, from k to k + m; k + 1 by default. */
  readonly threshold: number
}

/** Why a policy cannot be; undefined when it can. */
export function policyComplaint(policy: Policy): string | undefined {
  const { code, k, m, threshold } = policy
  if (code !== 1) return `erasure code ${code} is unknown`
  if (!isWithin(k, 1, limits.policyDataMax)) return `k is ${k}, 1 to ${limits.policyDataMax} can be`
  if (!isWithin(m, 1, limits.policyParityMax)) {
    return `m is ${m}, 1 to ${limits.policyParityMax} can be`
  }
  if (isWithin(threshold, k, k + m)) return undefined
  return `a write would need ${threshold} shards, ${k} to ${k + m} can be`
}

/** BAD_POLICY. */
export function checkPolicy(policy: Policy): void {
  const why = policyComplaint(policy)
  if (why === undefined) return
  throw new HoldfastError('BAD_POLICY', `Cannot use ${policyText(policy)}: ${why}`)
}

/** `2+2`. */
export function policyText(policy: Pick<Policy, 'k' | 'm'>): string {
  return `${policy.k}+${policy.m}`
}

export function equalPolicies(left: Policy, right: Policy): boolean {
  return (
    left.code === right.code &&
    left.k === right.k &&
    left.m === right.m &&
    left.threshold === right.threshold
  )
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
