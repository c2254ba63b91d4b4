// The page works without this. With it: visits without a reload, everyone's as they come, ten requests in a row, and the balancer's own
// timings.
"use strict";
{
  const find = (id) => document.getElementById(id);

  const ask = async (path, options) => {
    const answer = await fetch(path, { cache: "no-store", ...options });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  };

  const made = (name, text, className) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // The newest visit that is shown, and the one that was left here.
  let newest = Number(find("last").querySelector(".number")?.textContent ?? 0);
  let own;

  const show = (told) => {
    own = told.recorded ?? own;
    const before = newest;
    newest = told.last[0]?.number ?? 0;
    find("total").textContent = told.total;
    for (const [server, visits] of Object.entries(told.by_server)) {
      const share = find("shares").querySelector(`[data-server="${server}"]`);
      share.querySelector("progress").max = Math.max(told.total, 1);
      share.querySelector("progress").value = visits;
      share.querySelector(".count").textContent = visits;
    }
    const rows = told.last.map((visit) => {
      const row = made("tr", "", [visit.number === own && "fresh", visit.number > before && "new"].filter(Boolean).join(" "));
      const when = made("td", "");
      when.append(made("span", `${visit.at.slice(0, 10)} `, "day"), visit.at.slice(11, 19));
      row.append(made("td", visit.number, "number"), made("td", visit.name || "someone"), made("td", visit.recorded_by), when);
      return row;
    });
    if (rows.length === 0) {
      rows.push(made("tr", ""));
      rows[0].append(Object.assign(made("td", "None yet. Be the first.", "empty"), { colSpan: 4 }));
    }
    find("last").replaceChildren(...rows);
  };

  const form = document.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = find("said");
    try {
      const told = await ask(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name: find("visitor").value }),
      });
      show(told);
      said.textContent = `${told.served_by} took that one and wrote it down as visit ${told.recorded}.`;
    } catch (problem) {
      said.textContent = `That visit is not recorded. ${problem.message}`;
    }
    said.hidden = false;
  });

  // Where it cannot be opened, or is lost, the page is what it was, and tries again later.
  const live = find("live");
  const listen = (wait) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/live`);
    let next = Math.min(2 * wait, 60_000);
    socket.addEventListener("message", ({ data }) => {
      const { served_by: server, visits } = JSON.parse(data);
      show(visits);
      if (live.hidden) live.querySelector("b").textContent = server;
      live.hidden = false;
      next = 1000;
    });
    socket.addEventListener("close", () => {
      live.hidden = true;
      setTimeout(() => listen(next), wait);
    });
  };
  listen(1000);

  const turns = find("turns");
  const button = turns.querySelector("button");
  turns.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    find("dots").replaceChildren();
    for (let turn = 0; turn < 10; turn += 1) {
      const dot = made("li", "");
      try {
        const { served_by: server } = await ask("/api/path");
        dot.textContent = dot.title = server;
        dot.className = server === "app-1" ? "first" : "second";
      } catch {
        dot.textContent = dot.title = "no answer";
        dot.className = "failed";
      }
      find("dots").append(dot);
    }
    button.disabled = false;
  });

  const [page] = performance.getEntriesByType("navigation");
  const took = Object.fromEntries((page?.serverTiming ?? []).map((metric) => [metric.name, metric]));
  if (took.total && took.backend) {
    const span = (metric) => `${metric.duration.toFixed(2)} ms`;
    const connection = took.connect?.description === "reused" ? "over a connection it had kept" : "over a new connection";
    find("timing").textContent = `The balancer had the answer’s first bytes after ${span(took.total)}; ${span(took.backend)} of that it waited for the server, ${connection}.`;
    find("timing").hidden = false;
  }
}
