import { Authenticated, AuthLoading, Unauthenticated } from "convex/react";
import type { ReactNode } from "react";
import { ActivityIndicator } from "react-native";
import { GoogleSignIn } from "@/components/GoogleSignIn";

/** Shows its children to those who are signed in; others can sign in here. */
export function SignedInOnly({ children }: { children: ReactNode }) {
  return (
    <>
      <AuthLoading>
        <ActivityIndicator style={{ flex: 1 }} />
      </AuthLoading>
      <Unauthenticated>
        <GoogleSignIn />
      </Unauthenticated>
      <Authenticated>{children}</Authenticated>
    </>
  );
}
