// An identity provider that we did not write (oidc-provider), with accounts for the tests.
// It prints its issuer when it is ready. Arguments: the redirect URI of the client.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const GROUPS = {
  ada: ['admin'],
  vera: ['viewer', 'people of no interest'],
  nora: ['people of no interest'],
}
let groups = { ...GROUPS }

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'studio',
      client_secret: 'a secret of the client',
      redirect_uris: [process.argv[2]],
      token_endpoint_auth_method: 'client_secret_post',
    }],
    claims: { openid: ['sub', 'groups', '_claim_names'], profile: ['name', 'preferred_username'], email: ['email'] },
    conformIdTokenClaims: true,
    pkce: { required: () => true },
    cookies: { keys: ['of the tests'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id, groups: groups[id] ?? [], name: `${id} of the company`, preferred_username: id, email: `${id}@example.com`,
        ...(id === 'omar' ? { _claim_names: { groups: 'src1' } } : {}),
      }),
    }),
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    const change = /^\/groups\/(\w+)\/(\w*)$/.exec(request.url)
    if (!change) return answer(request, response)
    groups[change[1]] = change[2] ? [change[2]] : []
    response.end('changed')
  })
  console.log(issuer)
})
