// Loads the policies' module, and with it the model files of a game. The page calls `footlightsPolicies` with the ids of an
// experiment and a scene, and the names of the files. What fails to load is loaded anew for the next game.
const files = new Map();
// The module asks for them.
globalThis.footlightsFile = (name) => files.get(name);

async function load(name) {
  if (files.has(name)) return;
  const response = await fetch(`/models/${name}`);
  if (!response.ok) throw new Error(`/models/${name}: ${response.status}`);
  files.set(name, new Uint8Array(await response.arrayBuffer()));
}

let module;

async function start() {
  const loaded = await import("./policies.js");
  await loaded.default();
  return loaded;
}

globalThis.footlightsPolicies = async (experiment, scene, names) => {
  module ??= start();
  module.catch(() => (module = undefined));
  const [{ Policies }] = await Promise.all([module, ...names.map(load)]);
  return new Policies(experiment, scene);
};
