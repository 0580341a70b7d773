// El intérprete, en un hilo aparte para que la página responda mientras calcula.
let ready, runtime, pyodide;
const loaded = new Set();

async function start() {
  const { loadPyodide } = await import("./pyodide/pyodide.mjs");
  pyodide = await loadPyodide({ env: { HOME: "/home/pyodide", MPLBACKEND: "agg" } });
  const answer = await fetch("curso.zip");
  if (!answer.ok) throw new Error(answer.status);
  pyodide.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/curso" });
  pyodide.runPython("import sys; sys.path.insert(0, '/curso')");
  runtime = pyodide.pyimport("browser_runtime");
}

function call(method, ...values) {
  const result = runtime[method](...values.map((value) => pyodide.toPy(value)));
  return result.toJs({ dict_converter: Object.fromEntries, create_proxies: false });
}

async function run({ index, sources }) {
  if (!runtime) postMessage({ stage: "loading" });
  try {
    await (ready ??= start());
  } catch (error) {
    ready = undefined;
    return { stage: "offline", reason: String(error) };
  }
  const { missing, packages } = call("plan", index, sources);
  if (missing.length) return { stage: "missing", missing };
  const pending = packages.filter((name) => !loaded.has(name));
  if (pending.length) {
    postMessage({ stage: "packages", packages: pending });
    try {
      await pyodide.loadPackage(pending, { messageCallback: () => {}, errorCallback: () => {} });
      await pyodide.runPythonAsync(pending.map((name) => `import ${name}`).join("\n"));
    } catch (error) {
      return { stage: "offline", reason: String(error) };
    }
    pending.forEach((name) => loaded.add(name));
  }
  postMessage({ stage: "running" });
  return { stage: "done", ...call("run", index, sources, [...loaded]) };
}

onmessage = async ({ data }) =>
  postMessage(await run(data).catch((error) => ({ stage: "crashed", reason: String(error) })));
