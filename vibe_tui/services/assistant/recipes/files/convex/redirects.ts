/** Links that open the app: `scheme` in app.json. */
const APP_LINKS = ["{{scheme}}://"];

/** Whether a sign-in may end at `target`: in the app, or on a page of `site`. */
export function mayEndAt(target: string, site: string | undefined): boolean {
  if (APP_LINKS.some((link) => target.startsWith(link))) {
    return true;
  }
  return site !== undefined && /^https?:/.test(target) && new URL(target).origin === new URL(site).origin;
}
