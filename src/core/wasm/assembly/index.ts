export { findCut } from './cut'
export { combine, encode, sum } from './code'
