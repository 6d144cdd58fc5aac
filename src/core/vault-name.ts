/** What one member calls a vault, kept from the coordinator (docs/format.md, section 12). */
import { equalBytes } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { domain, label, labelledKeyedHash } from './hashing.ts'
import { checkName, decodePaddedName, encodePaddedName, nameComplaint } from './name.ts'
import type { Primitives } from './primitives.ts'
import { openBox, sealBox } from './sealed-box.ts'
import { idBytes, keyBytes, sized } from './sized.ts'

const what = 'vault name'
const secretLabel = label('vault names')
const tagLabel = label('vault name')
const keyLabel = label('vault name key')
const contextStart = domain('vault name')

/** From the account's Ed25519 seed: 32 bytes. */
export function vaultNameSecret(primitives: Primitives, signingSeed: Uint8Array): Uint8Array {
  const key = sized(signingSeed, keyBytes, 'a signing seed')
  return labelledKeyedHash(primitives, { key, label: secretLabel })
}

/** 32 bytes: equal for equal names of one account. `secret`: `vaultNameSecret`. */
export function vaultNameTag(
  primitives: Primitives,
  secret: Uint8Array,
  name: Uint8Array,
): Uint8Array {
  return labelledKeyedHash(primitives, { key: secret, label: tagLabel }, name)
}

/** `nonce`: 12 random bytes. BAD_NAME. */
export function sealVaultName(
  primitives: Primitives,
  secret: Uint8Array,
  request: { readonly vault: Uint8Array; readonly name: Uint8Array; readonly nonce: Uint8Array },
): Uint8Array {
  checkName(request.name)
  return sealBox(primitives, {
    key: labelledKeyedHash(primitives, { key: secret, label: keyLabel }),
    nonce: request.nonce,
    context: vaultNameContext(request.vault),
    parts: [encodePaddedName(request.name)],
  })
}

/** The name, whose tag was computed again. RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED. */
export function openVaultName(
  primitives: Primitives,
  secret: Uint8Array,
  request: { readonly vault: Uint8Array; readonly sealed: Uint8Array; readonly tag: Uint8Array },
): Uint8Array {
  const key = labelledKeyedHash(primitives, { key: secret, label: keyLabel })
  const box = { key, context: vaultNameContext(request.vault), what }
  const name = decodePaddedName(openBox(primitives, box, request.sealed))
  const why = nameComplaint(name)
  if (why !== undefined) throw new HoldfastError('MALFORMED', `Cannot read a vault name: ${why}`)
  if (equalBytes(vaultNameTag(primitives, secret, name), request.tag)) return name
  throw new HoldfastError(
    'RECORD_FORGED',
    'Cannot take the name of a vault: its tag is that of another name',
  )
}

function vaultNameContext(vault: Uint8Array): Uint8Array {
  const writer = new ByteWriter(contextStart.length + idBytes).fixed(contextStart)
  return writer.fixed(sized(vault, idBytes, 'a vault id')).finish()
}
