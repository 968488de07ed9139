Object.assign(process.env, { AUTH_GOOGLE_ID: "id", AUTH_GOOGLE_SECRET: "none" });
const google = "https://accounts.google.com";
const urls = { authorization_endpoint: `${google}/o/oauth2/v2/auth`, token_endpoint: `${google}/t`,
  userinfo_endpoint: `${google}/u`, jwks_uri: `${google}/j` };
globalThis.fetch = async () =>
  new Response(JSON.stringify({ issuer: google, ...urls }), { headers: { "content-type": "application/json" } });
const t = backend();
const { redirect } = await t.action(api.auth.signIn, { provider: "google", params: { redirectTo: "my-app://" } });
const url = new URL(redirect);
const answer = await t.fetch(url.pathname + url.search, { method: "GET", redirect: "manual" });
assert.equal(answer.status, 302);
assert.match(answer.headers.get("location"), /^https:..accounts.google.com/);
const { mayEndAt } = await import("./convex/redirects");
const site = "https://site.example";
for (const [target, allowed] of [
  ["my-app://", true], ["my-app://home", true], ["https://site.example/x", true], ["https://site.example", true],
  ["https://site.example.evil.example", false], ["http://site.example", false], ["my-app.evil://", false],
  ["evil://", false], ["javascript:alert(1)", false], ["/x", false],
]) {
  assert.equal(mayEndAt(target, site), allowed, target);
}
assert.equal(mayEndAt("https://site.example", undefined), false);
