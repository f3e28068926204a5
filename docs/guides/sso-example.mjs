// A token for the reader who is signed in on your pages, in plain Node. Try it:
//   DETENTE_SSO_SECRET=… node sso-example.mjs 42 "Mara Quill" mara@quill.example
import { createHmac, randomUUID } from 'node:crypto'

const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')

function makeToken(reader, secret) {
  const now = Math.floor(Date.now() / 1000)
  const header = { alg: 'HS256', typ: 'JWT' }
  const claims = {
    sub: String(reader.id), // never changes, never given to somebody else
    name: reader.name,
    email: reader.email, // leave both out if you have no address
    email_verified: reader.emailVerified, // true only if you had it confirmed
    iat: now,
    exp: now + 300, // five minutes
    jti: randomUUID(), // good once
    iss: 'https://news.example', // as the key has them on the desk
    aud: 'https://talk.news.example',
  }
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const [id, name, email] = process.argv.slice(2)
console.log(makeToken({ id, name, email, emailVerified: true }, process.env.DETENTE_SSO_SECRET))
