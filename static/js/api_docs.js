// The documentation of the API. Swagger UI asks nobody else: no validator, nothing kept in the browser.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("swagger");
  if (!place) return;
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
