// The documentation of the API. Swagger UI asks nobody else: no validator, nothing kept in the browser.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("swagger");
  if (!place) return;
  // Its theme is the person's, or that of the system; it is dark below this class.
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    root.classList.toggle("dark-mode", dark);
  };
  follow();
  system.addEventListener("change", follow);
  SwaggerUIBundle({
    url: place.dataset.url,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    persistAuthorization: false,
  });
});
