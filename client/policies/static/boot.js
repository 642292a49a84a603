// Loads the policies' module, and with it the model files of a game. The page calls `footlightsPolicies` with the ids of an
// experiment and a scene, and the names of the files.
const files = new Map();
// The module asks for them.
globalThis.footlightsFile = (name) => files.get(name);

async function load(name) {
  if (files.has(name)) return;
  const response = await fetch(`/models/${name}`);
  if (!response.ok) throw new Error(`/models/${name}: ${response.status}`);
  files.set(name, new Uint8Array(await response.arrayBuffer()));
}

const module = import("./policies.js").then(async (module) => {
  await module.default();
  return module;
});

globalThis.footlightsPolicies = async (experiment, scene, names) => {
  const [{ Policies }] = await Promise.all([module, ...names.map(load)]);
  return new Policies(experiment, scene);
};
