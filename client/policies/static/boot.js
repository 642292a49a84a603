// Loads the policies' module and tells the page when it is there, or cannot be.
try {
  const { default: init, Policies } = await import("./policies.js");
  await init();
  globalThis.footlightsPolicies = Policies;
} catch (error) {
  console.error(error);
}
dispatchEvent(new Event("footlights-policies"));
