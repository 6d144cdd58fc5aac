/** Types of frames of the shard protocol, version 1 (docs/protocol.md, sections 1 to 3). */
export const frameTypes = Object.freeze({
  hello: 1,
  welcome: 2,
  prove: 3,
  ready: 4,
  cancel: 8,
  error: 9,
  ticket: 10,
  done: 11,
  body: 12,
  put: 20,
  receipt: 21,
  proceed: 22,
  read: 30,
  readHeader: 31,
  header: 32,
  proveLeaf: 40,
  proof: 41,
  have: 50,
  held: 51,
  list: 60,
  listed: 61,
  delete: 70,
  deleted: 71,
  status: 80,
  state: 81,
  time: 90,
})

/** What this program speaks. */
export const protocolVersions = Object.freeze({ lowest: 1, highest: 1 })
