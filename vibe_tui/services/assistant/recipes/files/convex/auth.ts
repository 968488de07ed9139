import Google from "@auth/core/providers/google";
import { convexAuth } from "@convex-dev/auth/server";
import { env } from "./_generated/server";

/** Links that open the app, where a sign-in may end besides the page at SITE_URL: `scheme` in app.json. */
const APP_LINKS = ["{{scheme}}://"];

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  // It reads AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET from the deployment.
  providers: [Google],
  callbacks: {
    // By itself Convex Auth returns to SITE_URL only, and a native app is not there.
    async redirect({ redirectTo }) {
      const { SITE_URL }: Record<string, string | undefined> = env;
      const toApp = APP_LINKS.some((link) => redirectTo.startsWith(link));
      const toSite = SITE_URL !== undefined && new URL(redirectTo).origin === new URL(SITE_URL).origin;
      if (!toApp && !toSite) {
        throw new Error(`A sign-in may not end at ${redirectTo}. Set SITE_URL, or add it to APP_LINKS.`);
      }
      return redirectTo;
    },
  },
});
