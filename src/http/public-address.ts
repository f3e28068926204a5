/** Which addresses are the open internet's. A link, a key set or a provider may name any host, and a host any address;
 *  what stands behind the server's own walls is not for them to reach. */
import ipaddr from 'ipaddr.js'

/** Answered by the cloud's own machinery although it lies among the public ones: Azure's platform address. */
const platforms = new Set(['168.63.129.16'])

/** Whether an address is global unicast (IANA IPv4 and IPv6 Special-Purpose Address Registries). One that carries an
 *  IPv4 address inside, as IPv4-mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056) do, is what that address is.
 *  @param address as a resolver or `URL.hostname` gives it, IPv6 without brackets; a zone makes it link-local */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return isPublicV4(parsed)
  const { parts } = parsed
  switch (parsed.range()) {
    case 'ipv4Mapped':
      return isPublicV4(parsed.toIPv4Address())
    case 'rfc6052':
      // 64:ff9b::/96; the block for local use (RFC 8215) is nobody's but the network's.
      return parts[2] === 0 && isPublicV4(embedded(parts[6]!, parts[7]!))
    case '6to4':
      return isPublicV4(embedded(parts[1]!, parts[2]!))
    case 'unicast':
      // 2000::/3 is all that has been given out; IPv4-compatible and other old forms lie outside.
      return parts[0]! >> 13 === 1
    default:
      return false
  }
}

const isPublicV4 = (address: ipaddr.IPv4): boolean =>
  address.range() === 'unicast' && !platforms.has(address.toString())

const embedded = (high: number, low: number): ipaddr.IPv4 =>
  new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255])
