// Which of several places is nearest to this browser: times a tiny object from each of them, reports the times, and, where the page says
// <script src="/.throughline/probe.js" data-go>, goes on to the fastest. The server calls this function with the leave to report and the
// places: [name, URL] each. It takes nothing from the page and leaves nothing there.
(async ({ leave, places }) => {
  const script = document.currentScript, rounds = 4, patience = 5000;

  // One fetch, and how long the place took to answer. Resource Timing knows it without what the browser itself took, and without the making of
  // a connection; where it is not told, the clock is read before and after.
  const once = async (url, signal) => {
    url += "/.throughline/probe?" + Math.random().toString(36).slice(2);
    const began = performance.now();
    const answer = await fetch(url, { signal, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
    if (!answer.ok) throw answer.status;
    const clock = performance.now() - began;
    await answer.text();
    const entry = performance.getEntriesByName(url).pop();
    return entry && entry.requestStart > 0 && entry.responseStart > entry.requestStart ? entry.responseStart - entry.requestStart : clock;
  };

  // The shortest of some fetches, behind a first one that finds the name and makes the connection. What adds to a time is always something else
  // than the distance. A place that fails or does not answer in time has no time.
  const measure = async ([name, url]) => {
    const given = new AbortController(), timer = setTimeout(() => given.abort(), patience);
    let best = Infinity;
    try {
      await once(url, given.signal);
      for (let round = 0; round < rounds; round++) best = Math.min(best, await once(url, given.signal));
    } catch {} finally { clearTimeout(timer); }
    return [name, url, best];
  };

  const times = (await Promise.all(places.map(measure))).filter(([, , time]) => time > 0 && time < Infinity);
  if (!times.length) return;
  const body = JSON.stringify({ leave, times: Object.fromEntries(times.map(([name, , time]) => [name, Math.round(time * 1000) / 1000])) });
  const to = new URL("report", script.src).href;
  // A beacon is sent even if the page is left meanwhile.
  if (!navigator.sendBeacon?.(to, body)) fetch(to, { method: "POST", body, keepalive: true, mode: "no-cors" }).catch(() => {});

  // Only to a place, and not from one to another: there the page has arrived.
  const arrived = places.some(([, url]) => new URL(url).origin === location.origin);
  if ("go" in script.dataset && !arrived) {
    const [, url] = times.reduce((one, other) => other[2] < one[2] ? other : one);
    location.replace(url + location.pathname + location.search + location.hash);
  }
})
