import Google from "@auth/core/providers/google";
import { convexAuth } from "@convex-dev/auth/server";
import { env } from "./_generated/server";
import { mayEndAt } from "./redirects";

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  // It reads AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET from the deployment.
  providers: [Google],
  callbacks: {
    // By itself Convex Auth returns to SITE_URL only, and a native app is not there.
    async redirect({ redirectTo }) {
      const { SITE_URL }: Record<string, string | undefined> = env;
      if (!mayEndAt(redirectTo, SITE_URL)) {
        throw new Error(`A sign-in may not end at ${redirectTo}: it is neither SITE_URL nor one of APP_LINKS.`);
      }
      return redirectTo;
    },
  },
});
