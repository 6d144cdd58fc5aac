import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMachine, fileSystemOf } from './machine.ts'

const mounts = `/dev/vda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/vdb /tmp/deep xfs rw 0 0
`

test('the file system of a path is that of the longest mount point above it', () => {
  assert.equal(fileSystemOf(mounts, '/home/x'), 'ext4 on /dev/vda')
  assert.equal(fileSystemOf(mounts, '/tmp/x'), 'tmpfs on tmpfs')
  assert.equal(fileSystemOf(mounts, '/tmp/deep/x'), 'xfs on /dev/vdb')
  assert.equal(fileSystemOf(mounts, '/tmp/deeper'), 'tmpfs on tmpfs')
  assert.equal(fileSystemOf('', '/x'), 'unknown')
})

test('this machine can be described', () => {
  const { cores, node, memoryBytes } = describeMachine('/tmp')
  assert.ok(cores > 0 && memoryBytes > 0)
  assert.equal(node, process.version)
})
