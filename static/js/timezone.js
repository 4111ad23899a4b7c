/* Sends the browser's time zone to the server in a cookie, so that pages show times in it. */
{
  const path = new URL(document.currentScript.src).pathname.replace(/static\/[^/]*$/, "");
  // Temporal takes a hundredth of the time, but older browsers do not have it.
  const zone = globalThis.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (zone) document.cookie = `time_zone=${zone}; Path=${path}; Max-Age=31536000; SameSite=Lax${secure}`;
}
