// A certified OpenID provider that is not ours, for one client, with people made up for it:
//   node issuer.mjs '{"issuer", "port", "client_id", "client_secret", "redirect_uri", "people"}'
// Its pages of sign-in and consent are the package's own, for development.
import Provider from 'oidc-provider';

const told = JSON.parse(process.argv[2]);

const provider = new Provider(told.issuer, {
  clients: [
    {
      client_id: told.client_id,
      client_secret: told.client_secret,
      redirect_uris: [told.redirect_uri],
      post_logout_redirect_uris: [told.post_logout_redirect_uri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
  ],
  pkce: { required: () => true },
  // In the ID token there is no more than who it is: roles and names are had from the userinfo endpoint.
  claims: { openid: ['sub'], profile: ['name', 'roles'], email: ['email', 'email_verified'] },
  findAccount: async (_, id) =>
    told.people[id] && {
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@staff.example.org`, email_verified: true, ...told.people[id] }),
    },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: 'openid profile',
        audience: told.client_id,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  extraTokenClaims: async (_, token) => ({ roles: told.people[token.accountId]?.roles }),
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
  cookies: { keys: ['only for tests'] },
});

provider.listen(told.port, '127.0.0.1', () => console.log('ready'));
