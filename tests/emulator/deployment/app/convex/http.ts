import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();

http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const messages = await ctx.runQuery(api.messages.list, {});
    const answer = { url: request.url, body: await request.text(), messages: messages.length };
    return new Response(JSON.stringify(answer), {
      status: 201,
      headers: { "Content-Type": "application/json", "X-Header": request.headers.get("X-Header") ?? "" },
    });
  }),
});

const issuer = process.env.CONVEX_SITE_URL!;

http.route({
  path: "/.well-known/openid-configuration",
  method: "GET",
  handler: httpAction(async () => Response.json({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` })),
});

http.route({
  path: "/.well-known/jwks.json",
  method: "GET",
  handler: httpAction(async () => new Response(process.env.JWKS ?? '{"keys":[]}')),
});

export default http;
