/* Sends the browser's time zone to the server in a cookie, so that pages show times in it. */
{
  const path = new URL(document.currentScript.src).pathname.replace(/static\/[^/]*$/, "");
  // Temporal takes a hundredth of the time, but older browsers do not have it.
  const zone = globalThis.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:";
  const name = secure ? "__Secure-time_zone" : "time_zone"; // browsers accept that prefix with Secure alone
  const attributes = `Path=${path}; Max-Age=31536000; SameSite=Lax${secure ? "; Secure" : ""}`;
  if (zone) document.cookie = `${name}=${zone}; ${attributes}`;
}
